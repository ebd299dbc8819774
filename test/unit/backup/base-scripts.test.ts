/** Steps of postgres:backup and postgres:restore where two operations meet. Whole runs: test/e2e/base-backup.test.ts. */
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { baseBackupScript, baseRestoreScript } from '../../../src/backup/base-script.ts';
import { functionOf, runBash } from '../../support/run-script.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'voodu-base-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it.each([
  ['with links', ''],
  ['without links', 'ln() { return 1; };'],
])('of two base backups to one name the first has it and the second knows, %s', (_, world) => {
  const name = functionOf(baseBackupScript(), 'name_it');
  const run = (parts: string) => {
    mkdirSync(join(directory, parts));
    writeFileSync(join(directory, parts, 'whole.tar'), parts);
    const env = { parts: join(directory, parts), target: join(directory, 'db.tar') };
    return runBash(`${world} ${name}\nname_it`, env).code;
  };
  expect([run('first'), run('second')]).toEqual([0, 1]);
  expect(readFileSync(join(directory, 'db.tar'), 'utf8')).toBe('first');
});

it('a file that is the finished one already counts as named', () => {
  const name = functionOf(baseBackupScript(), 'name_it');
  mkdirSync(join(directory, 'parts'));
  writeFileSync(join(directory, 'parts/whole.tar'), 'x');
  linkSync(join(directory, 'parts/whole.tar'), join(directory, 'db.tar'));
  const env = { parts: join(directory, 'parts'), target: join(directory, 'db.tar') };
  expect(runBash(`${name}\nname_it`, env).code).toBe(0);
});

it('a restore orders nobody once another pod became the primary, or is about to', () => {
  const script = baseRestoreScript();
  const functions = ['key', 'holder_of', 'still_primary'].map(name => functionOf(script, name)).join('\n');
  const env = { state: directory, VR_PRIMARY: '0', VR_EPOCH: '2', VR_REF: 'lab/db' };
  const run = () =>
    runBash(`fail() { echo "$1"; exit 1; }\n${functions}\nstill_primary; echo go`, env).stdout;
  mkdirSync(join(directory, 'epochs'));
  writeFileSync(join(directory, 'epochs/1'), 'primary=1\n');
  writeFileSync(join(directory, 'epochs/2'), 'primary=0\n');
  writeFileSync(join(directory, 'epochs/.draft'), '');
  expect(run()).toBe('go\n');
  writeFileSync(join(directory, 'operation'), 'kind=promote\ntarget=1\n');
  expect(run()).toBe('a promote of ordinal 1 began while this restore was prepared\n');
  writeFileSync(join(directory, 'epochs/10'), 'primary=1\n');
  expect(run()).toBe(
    'ordinal 0 was the primary when this restore began (epoch 2), and ordinal 1 is since (epoch 10)\n',
  );
});
