/** The order of a rotation: what may fail without changing anything comes first, and everything after the ALTER can go back. */
import { expect, it } from 'vitest';
import type { Context } from '../../../src/cli/command.ts';
import { newPassword } from '../../../src/commands/new-password.ts';
import { Failure, isFailure } from '../../../src/errors.ts';
import type { Container, Io } from '../../../src/io.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';
import { primary } from '../../support/cluster-view.ts';

const state = '/opt/voodu/state/postgres/lab/db';
const env = {
  PG_NAME: 'db',
  POSTGRES_USER: 'appuser',
  POSTGRES_DB: 'appdata',
  PG_REPLICATION_USER: 'replicator',
};
const down = () => Promise.reject(new Failure('controller', 'the controller does not answer'));

interface Broken {
  readonly consumerBucket?: () => Promise<Record<string, string>>;
  readonly record?: () => Promise<void>;
  readonly secondsLeft?: number;
}

async function run(words: { replication?: boolean }, broken: Broken = {}) {
  let now = Date.parse('2026-01-02T03:04:05Z');
  const log: string[] = [];
  const only = primary(0, []);
  const bucket: Record<string, string> = {
    POSTGRES_PASSWORD: 'old',
    POSTGRES_REPLICATION_PASSWORD: 'old',
    POSTGRES_LINKED_CONSUMERS: 'lab/web',
  };
  const files = memoryFiles({
    '/opt/voodu/apps/lab-db/shared/.env': 'A=1\n',
    [`${state}/replication.pgpass`]: '*:*:*:replicator:old\n',
  });
  const io = {
    controller: {
      describe: async () => ({
        manifest: {
          kind: 'statefulset',
          scope: 'lab',
          name: 'db',
          spec: { image: 'postgres:17', replicas: 1, env },
        },
        status: undefined,
        pods: [],
      }),
      bucket: async (_scope: string, name: string) =>
        name === 'web' ? (broken.consumerBucket?.() ?? {}) : { ...bucket },
      scopeBucket: async () => ({}),
      record: async (_scope: string, _name: string, values: Record<string, string>) => {
        log.push(`record ${Object.keys(values)}`);
        await broken.record?.();
        Object.assign(bucket, values);
      },
    },
    docker: {
      list: async () => [only.name],
      inspect: async () => [only.container as Container],
      exec: async (_container: string, _command: readonly string[], { input = '' } = {}) => {
        const said = (stdout: string) => ({ exitCode: 0, stdout, stderr: '' });
        if (input.includes('json_build_object')) return said(JSON.stringify(only.answer));
        if (input.includes('pg_authid')) return said('=SCRAM$old\n');
        log.push(`alter ${/ROLE "(\w+)" PASSWORD '([^']*)'/.exec(input)?.slice(1).join(' ')}`);
        return said('altered\n0/5000100\n');
      },
    },
    postgres: { login: async () => {} },
    files,
    host: {
      now: () => new Date(now),
      sleep: async (ms: number) => {
        now += ms;
      },
      randomHex: () => 'new',
      scramVerifier: () => 'SCRAM$new',
    },
  } as unknown as Io;
  const context = {
    io,
    root: '/opt/voodu',
    deadline: new Date(now + (broken.secondsLeft ?? 27) * 1000),
  } as Context;
  const values = { cluster: { scope: 'lab', name: 'db' }, replication: false, noRestart: false, ...words };
  let said = '';
  try {
    const reply = await newPassword.run(context, values as never);
    if (reply.type === 'message') said = reply.message;
  } catch (error) {
    if (!isFailure(error)) throw error;
    said = `FAILED ${error.message}`;
  }
  return { said, log, bucket, passfile: files.all.get(`${state}/replication.pgpass`) };
}

it('the database, then the bucket', async () => {
  const { said, log, bucket } = await run({});
  expect(said).toMatch(/password of appuser rotated and proven on 0\nlinked apps: lab\/web/);
  expect(log).toEqual(['alter appuser SCRAM$new', 'record POSTGRES_PASSWORD']);
  expect(bucket['POSTGRES_PASSWORD']).toBe('new');
});

it('a controller that does not say what the linked apps have stops it before anything is changed', async () => {
  const { said, log } = await run({}, { consumerBucket: down });
  expect([said, log]).toEqual(['FAILED the controller does not answer', []]);
});

it('too little time left stops it before anything is changed', async () => {
  const { said, log } = await run({}, { secondsLeft: 11.9 });
  expect(said).toMatch(
    /only 11 s of this command's time are left and a rotation may take 12, so nothing was changed/,
  );
  expect(log).toEqual([]);
});

it('a bucket that cannot be written: the database and the passfile have the old one again', async () => {
  const { said, log, passfile, bucket } = await run({ replication: true }, { record: down });
  expect(said).toBe(
    'FAILED the new password could not be recorded: the controller does not answer; the old password is in force again',
  );
  expect(log).toEqual([
    'alter replicator SCRAM$new',
    'record POSTGRES_REPLICATION_PASSWORD',
    'alter replicator SCRAM$old',
  ]);
  expect(passfile).toBe('*:*:*:replicator:old\n');
  expect(bucket['POSTGRES_REPLICATION_PASSWORD']).toBe('old');
});

it('a controller that never answers is given up in time to undo', async () => {
  const { said, log } = await run({}, { record: () => new Promise(() => {}) });
  expect(said).toMatch(
    /recording it in the config bucket did not end in time; the old password is in force again/,
  );
  expect(log.at(-1)).toBe('alter appuser SCRAM$old');
});

it('the passfile has the new one', async () => {
  expect((await run({ replication: true })).passfile).toBe('*:*:*:replicator:new\n');
});
