/** Following a rejoin ends with the pod's report, not with a line of a log that may never come. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { followScript } from '../../../src/failover/follow-rejoin.ts';

let bin: string;
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), 'voodu-rejoin-'));
  // A docker whose log says one line and then is silent for a minute.
  const docker = `#!/bin/sh
case $1 in
  logs) echo 'a line'; exec sleep 60 ;;
  exec) cat "${bin}/report" ;;
esac
`;
  writeFileSync(join(bin, 'docker'), docker);
  chmodSync(join(bin, 'docker'), 0o755);
});
afterAll(() => rmSync(bin, { recursive: true, force: true }));

function follow(report: string) {
  writeFileSync(join(bin, 'report'), report);
  return spawnSync(
    'sh',
    ['-c', followScript, 'rejoin', 'lab-db.1', '2026-01-01T00:00:00Z', '/var/lib/voodu/reports/1', 'abc'],
    { encoding: 'utf8', env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` }, timeout: 15_000 },
  );
}

it('ends within seconds on an idle standby, and takes the log with it', () => {
  const began = Date.now();
  const { status, stdout } = follow('id=abc\norder=rewind\nstate=finished\nhow=rewind\n');
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: 'a line\nlab-db.1 has done its work and starts as a standby\n',
  });
  expect(Date.now() - began).toBeLessThan(8_000);
});

it('a failure of the pod is one of the command, with its reason', () => {
  const { status, stdout } = follow('id=abc\norder=reclone\nstate=failed\nreason=no room\n');
  expect({ status, stdout }).toEqual({ status: 1, stdout: 'a line\nlab-db.1 could not rejoin: no room\n' });
});
