/** The commands on backups where no container is needed: lists, refusals, and what is left of deleted clusters. */
import { describe, expect, it } from 'vitest';
import { formatSidecar } from '../../../../src/backup/sidecar.ts';
import type { Context, Reply } from '../../../../src/cli/command.ts';
import { dispatch } from '../../../../src/cli/dispatch.ts';
import { formatFailure } from '../../../../src/errors.ts';
import type { Files } from '../../../../src/io.ts';
import { dispatcher } from '../../../../src/plugin.ts';
import { type QuietWorld, quietWorld, storedCluster } from '../../../fakes/quiet-world.ts';
import { aSidecar } from '../../backup/a-sidecar.ts';

const root = '/opt/voodu/backups';
const stem = (id: string) => `${id}-20260505T143000Z`;
const dumpAt = (ref: string, id: string) => `${root}/${ref}/${stem(id)}.dump`;

function lab(given: QuietWorld, hashing: Files['sha256'] = async () => aSidecar().sha256) {
  const { io, files } = quietWorld(given);
  Object.assign(files, { sha256: hashing });
  const context = { io, deadline: new Date('2026-05-08T00:00:27Z') } as Context;
  const run = (...argv: string[]): Promise<Reply> => dispatch(dispatcher, argv, () => context);
  const said = async (...argv: string[]): Promise<string> => {
    try {
      const reply = await run(...argv);
      return reply.type === 'text'
        ? reply.text
        : reply.type === 'message'
          ? reply.message
          : JSON.stringify(reply);
    } catch (error) {
      return formatFailure(error);
    }
  };
  return { run, said, files };
}

describe('a cluster that was deleted', () => {
  const given = () => ({
    manifests: [storedCluster('lab', 'db')],
    files: {
      [dumpAt('lab/gone', 'b001')]: 'dump',
      [dumpAt('lab/gone', 'b002')]: 'dump',
      [`${root}/other-plugin/thing/archive.tgz`]: 'x',
    },
  });

  it('has its backups listed among the others, and marked', async () => {
    const { said } = lab(given());
    for (const words of [[], ['lab']]) {
      const list = await said('backups', ...words);
      expect(list).toContain('=== Backups for lab/db\n\n  none yet');
      expect(list).toMatch(
        /=== Backups for lab\/gone \(the cluster was deleted\)\n\n.*\n {2}b001 {3}complete/,
      );
      expect(list).not.toContain('other-plugin');
    }
    expect(await said('backups', 'lab/gone')).toContain('(the cluster was deleted)');
  });

  it('has them downloaded, pruned and deleted by its old name', async () => {
    const { run, said, files } = lab(given());
    expect(await run('backups:download', 'lab/gone', 'b001')).toMatchObject({
      actions: [{ remote_path: dumpAt('lab/gone', 'b001'), dest_path: `./${stem('b001')}.dump` }],
    });
    expect(await said('backups:prune', 'lab/gone', '--keep', '1', '-y')).toBe(
      'retention (keep 1): pruned 1 backup(s): b001\n4 B freed',
    );
    expect(await said('backups:delete', 'lab/gone', 'b002', '-y')).toContain('b002 deleted');
    expect([...files.all.keys()].filter(path => path.includes('gone'))).toEqual([]);
  });

  it('is none where there is nothing, nor for what needs its server or its image', async () => {
    const { said } = lab(given());
    expect(await said('backups', 'lab/never')).toContain('there is no postgres lab/never');
    for (const command of ['backups:capture', 'backups:restore', 'backups:test', 'backups:verify'])
      expect(await said(command, 'lab/gone', ...(command === 'backups:capture' ? [] : ['b001']))).toContain(
        'there is no postgres lab/gone',
      );
  });
});

describe('one bad manifest', () => {
  const given = {
    manifests: [
      storedCluster('lab', 'bad', { image: 7 }),
      storedCluster('lab', 'db'),
      storedCluster('lab', 'far', { volumes: ['somewhere:/backups'] }),
    ],
  };

  it('hides no other cluster in the lists', async () => {
    const { said } = lab(given);
    const backups = await said('backups');
    expect(backups).toContain('=== Backups for lab/bad\n\n  cannot be listed: lab/bad is a statefulset, but');
    expect(backups).toContain(
      '=== Backups for lab/far\n\n  cannot be listed: the backups of lab/far lie in somewhere',
    );
    expect(backups).toContain('=== Backups for lab/db\n\n  none yet');
    const list = await said('list');
    expect(list).toMatch(/lab\/bad +cannot be read: /);
    expect(list).toMatch(/lab\/db +postgres:17 /);
  });

  it('is a finding of check, where it is the place of the backups, the schedule or a limit', async () => {
    const cronjob = { kind: 'cronjob', scope: 'lab', name: 'far-backup' };
    const { said } = lab({
      manifests: [...given.manifests, { ...cronjob, spec: { schedule: '0 3 * * *', timezone: 'Mars/Base' } }],
      bucket: { BACKUP_MAX_AGE: 'soon' },
    });
    const line = await said('check', 'lab/far');
    expect(line).toContain('the backups of lab/far lie in somewhere');
    expect(line).toContain('time zone Mars/Base) cannot be read: Invalid time zone');
    expect(line).toContain('BACKUP_MAX_AGE=soon in the config bucket wants an age');
    expect(await said('info', 'lab/far')).toMatch(/backup +none yet\nschedule +none/);
  });
});

describe('download', () => {
  const given = {
    manifests: [storedCluster('lab', 'db')],
    files: {
      [dumpAt('lab/db', 'b001')]: 'dump',
      [`${root}/lab/db/${stem('b001')}.json`]: formatSidecar(aSidecar({ size_bytes: 4 })),
      '/srv/archive/x': '',
    },
  };
  it.each([
    ['.', './NAME'],
    ['..', '../NAME'],
    ['/', '/NAME'],
    ['/srv/archive', '/srv/archive/NAME'],
    ['/srv/archive/', '/srv/archive/NAME'],
    ['/srv/elsewhere', '/srv/elsewhere'],
    ['db.dump', 'db.dump'],
    ['dumps/.', 'dumps/./NAME'],
  ])('--to %s is %s', async (to, path) => {
    expect(await lab(given).run('backups:download', 'lab/db', 'b001', '--to', to)).toMatchObject({
      message: expect.stringContaining('verified'),
      actions: [{ dest_path: path.replace('NAME', `${stem('b001')}.dump`) }],
    });
  });

  it('says what to compare with where hashing took too long, and hands no corrupt one out', async () => {
    const damaged = lab(given, async () => 'ff'.repeat(32));
    expect(await damaged.said('backups:download', 'lab/db', 'b001')).toMatch(
      /is corrupt: sha256 is (ff){32}, but/,
    );
    const large = lab(
      given,
      (_path, late) =>
        new Promise((_, reject) => {
          late!.addEventListener('abort', () => reject(late!.reason as Error));
        }),
    );
    expect(await large.said('backups:download', 'lab/db', 'b001')).toMatch(
      /compare it afterwards: echo '[0-9a-f]{64} {2}\.\/b001-\S+\.dump' \| sha256sum -c/,
    );
  });
});

it('--discard wants --yes', async () => {
  const { said } = lab({ manifests: [storedCluster('lab', 'db')] });
  expect(await said('backups:restore', 'lab/db', '--discard')).toMatch(
    /this drops the previous database of lab\/db.*\nhint: To do it: vd pg:backups:restore lab\/db --discard --yes\./,
  );
});

it('postgres:restore refuses beside a promote that nobody finished', async () => {
  const { said } = lab({
    manifests: [storedCluster('lab', 'db')],
    files: {
      '/opt/voodu/state/postgres/lab/db/operation':
        'id=1\nkind=promote\ntarget=1\nstep=begun\nstarted_at=2026-05-07T00:00:00Z\nholder=1:2\n',
    },
  });
  expect(await said('restore', 'lab/db', '--from', '/srv/db.tar', '--yes')).toMatch(
    /lab\/db has an unfinished promote of ordinal 1 since .*; finish it with vd pg:promote lab\/db --replica 1/,
  );
});
