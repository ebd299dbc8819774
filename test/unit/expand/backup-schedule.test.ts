/** `backup { }` becomes a cronjob, whose script speaks to the controller by itself. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { splitAddress } from '../../../src/expand/backup-schedule.ts';
import { expandBlock, manifestOf, problemsOf } from '../../support/expansion.ts';

const cronjobOf = (backup: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  manifestOf(expandBlock({ backup, ...more }), 'cronjob');
const jobOf = (...given: Parameters<typeof cronjobOf>) =>
  cronjobOf(...given).spec['job'] as Record<string, unknown> & { command: string[] };

it('no block, no cronjob', () => {
  expect(expandBlock({}).manifests.map(({ kind }) => kind)).toEqual(['asset', 'statefulset']);
});

it('the block is not handed to the statefulset, and changes nothing of it', () => {
  const [without, withBlock] = [{}, { backup: { schedule: '0 3 * * *' } }].map(spec =>
    manifestOf(expandBlock(spec), 'statefulset'),
  );
  expect(withBlock).toEqual(without);
});

it("beside the cluster, on the host's network, in its image, with nothing but the backups to read", () => {
  const { scope, name, spec } = cronjobOf({ schedule: '30 2 * * *' }, { image: 'postgres:16' });
  expect([scope, name]).toEqual(['s', 'n-backup']);
  expect(spec).toMatchObject({ schedule: '30 2 * * *', timezone: 'UTC', concurrency_policy: 'Forbid' });
  const { command, ...job } = spec['job'] as { command: string[] };
  expect(job).toEqual({
    image: 'postgres:16',
    network_mode: 'host',
    volumes: ['/opt/voodu/backups/s/n:/backups:ro'],
    docker_options: ['--tmpfs', '/var/lib/postgresql', '--tmpfs', '/var/lib/postgresql/data'],
  });
  expect(command.slice(0, 2)).toEqual(['bash', '-c']);
});

it("the operator's own directory is the one it looks into", () => {
  expect(jobOf({}, { volumes: ['/srv/dumps:/backups'] })['volumes']).toEqual(['/srv/dumps:/backups:ro']);
});

it.each([
  [{ schedule: 'nightly' }, /^backup.schedule: wants five fields/],
  [{ schedule: 3 }, /^backup.schedule: wants a string/],
  [{ keep: -1 }, /^backup.keep: wants a number of backups/],
  [{ max_age: '7 days' }, /^backup.max_age: wants an age like "14d"/],
  [{ from_replica: 2 }, /^backup.from_replica: wants the number of a pod; replicas = 2/],
  [{ retention: '7d' }, /^backup.retention: is not a field of backup/],
])('%j is refused', (backup, problem) => {
  expect(problemsOf({ replicas: 2, backup })).toEqual([expect.stringMatching(problem)]);
});

it('two blocks are refused', () => {
  expect(problemsOf({ backup: [{}, {}] })).toEqual(['backup: wants one block, not a list']);
});

it.each([
  [undefined, '127.0.0.1', '8686'],
  ['127.0.0.1:9000', '127.0.0.1', '9000'],
  ['0.0.0.0:8686', '127.0.0.1', '8686'],
  [':8686', '127.0.0.1', '8686'],
  ['[::]:8686', '127.0.0.1', '8686'],
  ['10.0.0.5:8686', '10.0.0.5', '8686'],
])('a controller that listens on %s is reached at %s:%s', (address, host, port) => {
  expect(splitAddress(address)).toEqual({ host, port });
});

describe('its script', () => {
  interface Asked {
    readonly url: string | undefined;
    readonly body: unknown;
  }

  async function run(
    backup: Record<string, unknown>,
    answer: (count: number) => { status: number; body: unknown },
  ) {
    const asked: Asked[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request
        .on('data', chunk => (text += chunk))
        .on('end', () => {
          asked.push({ url: `${request.method} ${request.url}`, body: JSON.parse(text) });
          const { status, body } = answer(asked.length);
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const script = jobOf(backup, { replicas: 2 }).command[2]!.replace(/port=8686/, `port=${port}`);
    try {
      const { exitCode, all } = await execa('bash', ['-c', script], {
        reject: false,
        all: true,
        timeout: 9_000,
      });
      return { exitCode, all, asked };
    } finally {
      server.close();
    }
  }

  const refusal = { status: 400, body: { status: 'error', error: 'plugin "postgres" backups:capture: no' } };

  it('posts what the block says, and fails with what the controller says', async () => {
    const { exitCode, all, asked } = await run({ keep: 3, max_age: '7d' }, () => refusal);
    expect(asked).toEqual([
      {
        url: 'POST /plugin/postgres/backups:capture',
        body: { args: ['s/n', '--keep', '3', '--max-age', '7d'] },
      },
    ]);
    expect(all).toMatch(/the capture of s\/n was refused: .*backups:capture: no/);
    expect(exitCode).toBe(1);
  });

  it('falls back to the primary when the standby cannot be captured, and says so', async () => {
    const { exitCode, all, asked } = await run({ from_replica: 1, keep: 3 }, () => refusal);
    expect(asked.map(({ body }) => body)).toEqual([
      { args: ['s/n', '--from-replica', '1', '--keep', '3'] },
      { args: ['s/n', '--keep', '3'] },
    ]);
    expect(all).toContain('trying the primary instead');
    expect(exitCode).toBe(1);
  });

  it('an answer without a backup is no success', async () => {
    const { exitCode } = await run({}, () => ({
      status: 200,
      body: { status: 'ok', data: { message: 'hello' } },
    }));
    expect(exitCode).toBe(1);
  });
});
