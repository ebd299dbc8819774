/** A rotation that fails leaves the old password in force, and never claims what it does not know. */
import { expect, it } from 'vitest';
import type { Cluster, Pod } from '../../../src/cluster/cluster.ts';
import { formatProof } from '../../../src/cluster/prove-password.ts';
import { type Remember, rotate } from '../../../src/cluster/rotate.ts';
import { Failure, isFailure } from '../../../src/errors.ts';
import type { Finished, Io, LoginTarget } from '../../../src/io.ts';
import { clusterOf, healthy, primary, silent, standby } from '../../support/cluster-view.ts';

type Answer = Partial<Finished> | Error;

interface World {
  /** What psql answers to an ALTER ROLE, the first, the second, …; by default it works. */
  readonly alters?: readonly Answer[];
  readonly verifier?: string;
  /** What a standby says of its replay. */
  readonly replay?: string;
  readonly login?: (target: LoginTarget) => 'ok' | 'refused' | 'unreachable';
  readonly secondsLeft?: number;
  readonly remember?: Partial<Remember>;
}

const finished = (answer: Partial<Finished>): Finished => ({
  exitCode: 0,
  stdout: '',
  stderr: '',
  ...answer,
});

async function rotation(cluster: Cluster, world: World = {}) {
  let now = Date.parse('2026-01-02T03:04:05Z');
  const began = now;
  const scripts: string[] = [];
  const logins: LoginTarget[] = [];
  let alters = 0;
  const io = {
    docker: {
      exec: async (_container: string, _command: readonly string[], { input = '' } = {}) => {
        if (input.includes('pg_authid'))
          return finished({ stdout: `${world.verifier ?? '=SCRAM-SHA-256$old'}\n` });
        if (input.includes('pg_last_wal_replay_lsn'))
          return finished({ stdout: `${world.replay ?? 'here'}\n` });
        scripts.push(input);
        const answer = world.alters?.[alters++] ?? { stdout: 'altered\n0/5000100\n' };
        if (answer instanceof Error) throw answer;
        return finished(answer);
      },
    },
    postgres: {
      login: async (target: LoginTarget) => {
        logins.push(target);
        const outcome = world.login?.(target) ?? 'ok';
        if (outcome === 'ok') return;
        const code = outcome === 'refused' ? '28P01' : 'ECONNREFUSED';
        throw new Failure('postgres', 'login failed', { cause: { code } });
      },
    },
    host: {
      now: () => new Date(now),
      sleep: async (ms: number) => {
        now += ms;
      },
      scramVerifier: () => 'SCRAM-SHA-256$new',
    },
  } as unknown as Io;
  const remember: Remember = { run: async () => {}, undo: async () => {}, ...world.remember };
  const deadline = new Date(now + (world.secondsLeft ?? 20) * 1000);
  const said = await rotate(
    io,
    cluster,
    { role: 'appuser', password: 'new', database: 'appdata', flag: '' },
    deadline,
    remember,
  )
    .then(formatProof)
    .catch(error => (isFailure(error) ? `${error.message} | ${error.hint}` : Promise.reject(error)));
  const passwords = scripts.map(script => /PASSWORD (.*);/.exec(script)?.[1]);
  return { said, scripts, passwords, logins, tookMs: now - began };
}

const oldAndNew = ["'SCRAM-SHA-256$new'", "'SCRAM-SHA-256$old'"];
const inHostMode = (): Cluster => withMode('host');
const withMode = (networkMode: string): Cluster => {
  const only = primary(0, []);
  const pod: Pod = { ...only, container: { ...only.container!, addresses: {} } };
  const cluster = clusterOf([pod]);
  return { ...cluster, spec: { ...cluster.spec, networkMode } };
};

it('waits neither for a row lock nor for a synchronous standby, and logs nothing', async () => {
  const { said, scripts } = await rotation(healthy());
  expect(said).toBe('proven on 0, 1, 2');
  expect(scripts).toHaveLength(1);
  for (const setting of ['synchronous_commit = local', "lock_timeout = '3000ms'", "log_statement = 'none'"])
    expect(scripts[0]!.indexOf(setting)).toBeGreaterThan(-1);
  expect(scripts[0]!.indexOf('ALTER ROLE')).toBeGreaterThan(scripts[0]!.indexOf('lock_timeout'));
});

it('a statement that the server refused needs no undo', async () => {
  const { said, passwords } = await rotation(healthy(), {
    alters: [{ exitCode: 3, stderr: 'psql:<stdin>:3: ERROR:  canceling statement due to lock timeout\n' }],
  });
  expect(said).toMatch(/another session holds the role appuser; nothing was changed \| Somebody alters it/);
  expect(passwords).toHaveLength(1);
});

it.each<[string, Answer]>([
  ['the docker client gives up', new Failure('deadline', 'docker exec did not answer within 8 s')],
  ['psql is cut off', { exitCode: 124 }],
  ['the position behind it cannot be read', { exitCode: 3, stdout: 'altered\n', stderr: 'ERROR:  gone\n' }],
])('%s: whether it happened is unknown, so it is undone', async (_what, answer) => {
  const { said, passwords } = await rotation(healthy(), { alters: [answer] });
  expect(said).toMatch(/; the old password is in force again \|/);
  expect(passwords).toEqual(oldAndNew);
});

it('an undo that fails as well says so, and how to go on', async () => {
  const { said } = await rotation(healthy(), { alters: [{ exitCode: 124 }, { exitCode: 124 }] });
  expect(said).toMatch(
    /^lab-db\.0: the server did not answer in time; the new password may be in force, and nobody knows it \| Run vd pg:new-password lab\/db again/,
  );
});

it('a role without a password has none again', async () => {
  const { passwords } = await rotation(healthy(), { verifier: '=', login: () => 'refused' });
  expect(passwords).toEqual(["'SCRAM-SHA-256$new'", 'NULL']);
  expect((await rotation(healthy(), { verifier: '' })).said).toMatch(
    /has no role appuser, so nothing was changed/,
  );
});

it('a pod that knows the change and refuses it: everything back', async () => {
  const { said, passwords } = await rotation(healthy(), {
    login: ({ host }) => (host.endsWith('2') ? 'refused' : 'ok'),
  });
  expect(said).toMatch(
    /^lab-db\.\d refuses the new password; the old password is in force again \|.*pg_hba\.conf/,
  );
  expect(passwords).toEqual(oldAndNew);
});

it('standbys that cannot know it yet are named, not waited for', async () => {
  const paused = clusterOf([primary(0, [1]), standby(1, { replay_paused: true }), silent(2)]);
  const login = ({ host }: LoginTarget) =>
    host === paused.pods[0]!.container!.addresses['voodu0'] ? 'ok' : 'refused';
  const first = await rotation(paused, { replay: 'paused', login });
  expect(first.said).toBe(
    'proven on 0 (not on 1: its replay is paused, and until it goes on the old password is valid there; not on 2: it does not answer)',
  );
  expect(first.tookMs).toBe(0);
  const lagging = clusterOf([primary(0, [1]), standby(1)]);
  expect((await rotation(lagging, { replay: 'behind', login })).said).toMatch(/not on 1: it lags/);
});

it('host mode logs in at 127.0.0.1; without any network there is nobody to ask, and the reply says so', async () => {
  const host = await rotation(inHostMode());
  expect(host.logins.map(target => `${target.host}:${target.port}`)).toEqual(['127.0.0.1:5433']);
  expect(host.said).toBe('proven on 0');
  expect((await rotation(withMode('none'))).said).toBe(
    'could not be proven by a login (not on 0: it has no address to log in at)',
  );
});

it('does not begin what it may not end', async () => {
  const { said, passwords } = await rotation(healthy(), { secondsLeft: 11 });
  expect(said).toMatch(
    /only 11 s of this command's time are left and a rotation may take 12, so nothing was changed/,
  );
  expect(passwords).toEqual([]);
});

it('ends its waiting early enough to put everything back before the deadline', async () => {
  const { tookMs } = await rotation(healthy(), { secondsLeft: 12, login: () => 'unreachable' });
  expect(tookMs).toBeLessThanOrEqual(6_250);
});

it('whoever could not be told: everything back, the first failure is the one that is shown', async () => {
  const undone: string[] = [];
  const { said, passwords } = await rotation(healthy(), {
    remember: {
      run: () =>
        Promise.reject(new Failure('controller', 'the new password could not be recorded: no answer')),
      undo: async () => void undone.push('passfile'),
    },
  });
  expect(said).toMatch(
    /^the new password could not be recorded: no answer; the old password is in force again/,
  );
  expect([passwords, undone]).toEqual([oldAndNew, ['passfile']]);
  const failing = await rotation(healthy(), {
    remember: {
      run: () => Promise.reject(new Failure('controller', 'first')),
      undo: () => Promise.reject(new Error('second')),
    },
  });
  expect(failing.said).toMatch(/^first; the new password may be in force/);
});
