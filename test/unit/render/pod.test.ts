/** Functions of the pod's supervisor, run by a bash of this machine with programs of our own on its PATH. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderEntrypoint } from '../../../src/render/entrypoint.ts';
import { runBash, type ScriptRun } from '../../support/run-script.ts';

const whole = renderEntrypoint();
/** Everything but the end, which begins to work. */
const functions = whole.slice(0, whole.indexOf('# `ready`:'));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'voodu-pod-'));
  for (const directory of ['bin', 'state/epochs', 'data/pgdata/pg_wal', 'data/voodu'])
    mkdirSync(join(root, directory), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function program(name: string, body: string): void {
  writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(root, 'bin', name), 0o755);
}

const pod = (script: string, env: Readonly<Record<string, string>> = {}): ScriptRun =>
  runBash(`${functions}\n${script}`, {
    PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
    VOODU_STATE_DIR: join(root, 'state'),
    PGDATA: join(root, 'data/pgdata'),
    VOODU_REPLICA_ORDINAL: '1',
    VOODU_SCOPE: 'lab',
    PG_NAME: 'db',
    PG_SCOPE_SUFFIX: '.lab',
    ...env,
  });

describe('the record of epochs', () => {
  const epochs = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'state/epochs', name), text);
    return pod(
      'read_record; echo "status=$? epoch=$epoch primary=$primary timeline=$record_timeline"; read_record',
    );
  };

  it('the highest one that names an ordinal is in force', () => {
    expect(epochs({ '2': 'primary=0\ntimeline=1\n', '10': 'primary=2\ntimeline=3\n' })).toMatchObject({
      stdout: 'status=0 epoch=10 primary=2 timeline=3\n',
      stderr: '',
    });
  });

  it.each([
    ['empty', ''],
    ['cut off', 'prim'],
    ['naming nobody', 'primary=\ntimeline=9\n'],
    ['naming no ordinal', 'primary=db-1\ntimeline=9\n'],
  ])('a file that is %s is ignored, and named once', (_what, text) => {
    const { stdout, stderr } = epochs({ '3': 'primary=1\ntimeline=2\n', '7': text, '8': text });
    expect(stdout).toBe('status=0 epoch=3 primary=1 timeline=2\n');
    expect(stderr.match(/epochs\/7 names no primary: it is ignored; move it away/g)).toHaveLength(1);
    expect(stderr.match(/epochs\/8 names no primary/g)).toHaveLength(1);
  });

  it.each(['08', '0', '99999999999999999999', '3.bak', 'of-old'])('a file named %s is no epoch', name => {
    expect(epochs({ '3': 'primary=1\ntimeline=2\n', [name]: 'primary=0\n' })).toMatchObject({
      stdout: 'status=0 epoch=3 primary=1 timeline=2\n',
      stderr: '',
    });
  });

  it('one that cannot be read is in force and gives nobody a right: it may name somebody else', () => {
    writeFileSync(join(root, 'state/epochs/3'), 'primary=1\n');
    writeFileSync(join(root, 'state/epochs/7'), 'primary=0\n');
    const { stdout } =
      pod(`exec 2>/dev/null; ulimit -n 8; for fd in 3 4 5 6 7; do eval "exec $fd</dev/null"; done
      read_epoch 7; echo "status=$? epoch=$epoch primary=$primary"`);
    expect(stdout).toBe('status=1 epoch=7 primary=\n');
  });

  it('nothing that can be read is no record at all', () => {
    expect(epochs({ '4': 'nonsense\n' }).stdout).toBe('status=1 epoch=0 primary= timeline=0\n');
  });

  it('a claim that cannot be written leaves no draft', () => {
    const { stdout } = pod('printf() { return 1; }; claim_epoch 1 1 5 why; echo "status=$?"');
    expect(stdout).toBe('status=1\n');
    expect(readdirSync(join(root, 'state'))).toEqual(['epochs']);
  });
});

it('half rewound data is no server\u2019s, whatever became of the order', () => {
  writeFileSync(join(root, 'data/pgdata/PG_VERSION'), '17\n');
  writeFileSync(join(root, 'data/voodu/rewinding'), '');
  writeFileSync(join(root, 'state/epochs/2'), 'primary=1\ntimeline=2\n');
  const { stderr } =
    pod(`image_major=17 unready=/dev/null; write_passfile() { :; }; nap() { :; }; start_server() { echo started; exit; }
    decide`);
  expect(stderr).toMatch(
    /REFUSED: a rewind of this data was cut off half-way.*vd pg:rejoin lab\/db --replica 1 --reclone/,
  );
});

describe('room on the disk', () => {
  /** Kilobytes, as df -Pk says them. */
  const disk = (size: number, free: number) =>
    program(
      'df',
      `echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'; echo '/dev/vda ${size} 1 ${free} 1% /x'`,
    );
  const gigabyte = 1024 ** 2;

  it('a copy must leave 5 % of a small disk, 1 GB of a large one', () => {
    for (const [size, free, verdict] of [
      [10 * gigabyte, 2.5 * gigabyte, 0],
      [10 * gigabyte, 2.49 * gigabyte, 1],
      [1000 * gigabyte, 3 * gigabyte, 0],
      [1000 * gigabyte, 2.99 * gigabyte, 1],
    ] as const) {
      disk(size, Math.round(free));
      program('psql', `echo ${2 * 1024 ** 3}`);
      expect(pod('room_for_copy 0; echo $?').stdout).toBe(`${verdict}\n`);
    }
  });

  it('too little: both numbers, what to do, and what lies here', () => {
    disk(10 * gigabyte, gigabyte);
    program('psql', `echo ${5 * 1024 ** 3}`);
    mkdirSync(join(root, 'data/pgdata.diverged-20260102T030405Z-tl1'));
    mkdirSync(join(root, 'data/voodu/diverged-ab12-tl1'));
    expect(pod('room_for_copy 0; echo "$shortage"').stdout).toBe(
      `the databases of ordinal 0 are 5120 MB, the disk of ${root}/data has 1024 MB free, and 512 MB of that stay free for the other servers on it; ` +
        `make room on the docker host, or remove what was set aside here once nobody needs it: ` +
        `docker exec lab-db.1 rm -r ${root}/data/pgdata.diverged-20260102T030405Z-tl1 ${root}/data/voodu/diverged-ab12-tl1\n`,
    );
  });

  it('a primary that does not say its size is copied while there is room, and a df that says nothing forbids nothing', () => {
    disk(10 * gigabyte, gigabyte);
    program('psql', 'exit 2');
    const { stdout, stderr } = pod('room_for_copy 0; echo $?');
    expect([stdout, stderr]).toEqual(['0\n', expect.stringContaining('ordinal 0 does not say how large')]);
    disk(10 * gigabyte, 100);
    expect(pod('room_for_copy 0; echo $?').stdout).toBe('1\n');
    program('df', 'exit 1');
    expect(pod('room_for_copy 0; echo $?').stdout).toBe('0\n');
  });

  it('a step that eats the reserve is ended, and says that this was why', () => {
    disk(10 * gigabyte, 100);
    const { stdout } = pod('step_within_room sleep 19; echo "status=$? cut=$cut_short"');
    expect(stdout).toBe('status=143 cut=1\n');
  });

  it('a step that fits ends by itself, with its own status', () => {
    disk(10 * gigabyte, 5 * gigabyte);
    const { stdout } = pod(
      'three() { sleep 1.5; return 3; }; step_within_room three; echo "status=$? cut=$cut_short"',
    );
    expect(stdout).toBe('status=3 cut=\n');
  });

  it('no copy begins without room: it waits, and its slot holds back nothing', () => {
    disk(10 * gigabyte, 100);
    program(
      'psql',
      `case "$*" in *READ_REPLICATION*) echo physical ;; *pg_database*) echo 500 ;; *) echo "$*" >>${root}/asked ;; esac`,
    );
    program('pg_basebackup', `touch ${root}/begun`);
    const { stdout, stderr } = pod(
      'shape=empty local_system= local_timeline= sockets=/dev unready=/dev/null; look_at_volume; sleep() { :; }; clone 0; echo $?',
    );
    expect(stdout).toBe('1\n');
    expect(stderr).toContain('waiting for room to copy ordinal 0: the databases of ordinal 0 are 1 MB');
    expect(runBash(`cat ${root}/asked`).stdout).toMatch(/DROP_REPLICATION_SLOT voodu_1/);
    expect(readdirSync(root)).not.toContain('begun');
  });

  describe('for the WAL that only this pod has', () => {
    const keep = (setup = '') =>
      pod(
        `fork_point() { echo 0/3000100; }; primary=0 peer_timeline=2 local_timeline=1 order_id=ab12 wal_segment_bytes=16777216
         ${setup}
         keep_diverged_wal; echo "status=$? kept=$wal_kept obstacle=$obstacle"`,
      ).stdout;
    beforeEach(() => {
      for (const segment of ['02', '03', '04'])
        writeFileSync(join(root, `data/pgdata/pg_wal/0000000100000000000000${segment}`), segment);
      program('pg_waldump', `echo 'rmgr: Transaction lsn: 0/03000150, prev 0/03000100, desc: COMMIT now'`);
    });

    it('is kept under the name of the order, whatever an earlier attempt left there', () => {
      disk(10 * gigabyte, 5 * gigabyte);
      mkdirSync(join(root, 'data/voodu/diverged-ab12-tl1/half'), { recursive: true });
      expect(keep()).toBe(`status=0 kept=${root}/data/voodu/diverged-ab12-tl1 obstacle=\n`);
      expect(readdirSync(join(root, 'data/voodu/diverged-ab12-tl1')).sort()).toEqual([
        '000000010000000000000003',
        '000000010000000000000004',
        'records.end',
        'records.txt',
      ]);
    });

    it('is not begun without room, and leaves nothing where copying fails', () => {
      disk(10 * gigabyte, 550_000);
      expect(keep()).toMatch(
        /^status=1 kept= obstacle=that WAL with a list of its records is up to 96 MB, the disk of .* has 538 MB free/,
      );
      disk(10 * gigabyte, 5 * gigabyte);
      expect(keep('cp() { [[ $2 == *3 ]] && command cp "$@"; }')).toMatch(
        /^status=1 kept=\S+ obstacle=2 WAL files of .* could not be copied to .*diverged-ab12-tl1/,
      );
      expect(readdirSync(join(root, 'data/voodu'))).toEqual([]);
    });
  });
});

it('an order whose id could leave its directory is none', () => {
  mkdirSync(join(root, 'state/orders'));
  writeFileSync(join(root, 'state/orders/1'), 'order=reclone\nid=../../x\n');
  expect(pod('read_order; echo $?').stdout).toBe('1\n');
  writeFileSync(join(root, 'state/orders/1'), 'order=reclone\nid=ab12\n');
  expect(pod('read_order; echo $?').stdout).toBe('0\n');
});

it('init scripts know the replication password by both names', () => {
  expect(
    pod("env | grep -c '^\\(PG\\|POSTGRES\\)_REPLICATION_PASSWORD=it:s$'", {
      POSTGRES_REPLICATION_PASSWORD: 'it:s',
    }).stdout,
  ).toBe('2\n');
});

it('the doorman accepts on the port, says nothing, and is gone before a server starts', () => {
  program('gosu', 'shift; exec "$@"');
  const { stdout } = pod(
    `port=${20_000 + (process.pid % 20_000)}
     post_doorman; for _ in 1 2 3 4 5 6 7 8 9; do sleep 0.2; (: <>/dev/tcp/127.0.0.1/$port) 2>/dev/null && break; done
     exec 9<>/dev/tcp/127.0.0.1/$port && echo "accepts, says [$(cat <&9)]"
     exec 9<>/dev/tcp/127.0.0.1/$port && echo again
     let_doorman_go; (: <>/dev/tcp/127.0.0.1/$port) 2>/dev/null || echo gone
     command() { return 1; }; post_doorman; echo "without perl: $? [$doorman]"`,
  );
  expect(stdout).toBe('accepts, says []\nagain\ngone\nwithout perl: 0 []\n');
});
