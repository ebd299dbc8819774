import { expect, it } from 'vitest';
import type { Docker, ExecOptions } from '../../../src/io.ts';
import { sql, trySql } from '../../../src/postgres/local-sql.ts';

const server = { container: 'lab-db.0', user: 'appuser', port: 5433 };
const dockerThat = (exitCode: number, stderr: string, seen: ExecOptions[] = []): Docker =>
  ({
    exec: async (_container: string, _command: readonly string[], options: ExecOptions) => {
      seen.push(options);
      return { exitCode, stdout: '', stderr };
    },
  }) as unknown as Docker;

it('a statement has the same limit on the server as its client: nothing takes effect after it was given up', async () => {
  const seen: ExecOptions[] = [];
  await trySql(dockerThat(0, '', seen), server, 'SELECT 1;', { timeoutMs: 2_000 });
  expect(seen).toMatchObject([{ timeoutMs: 2_500, env: { PGOPTIONS: '-c statement_timeout=2000' } }]);
});

it.each([
  [124, ''],
  [3, 'psql:<stdin>:1: ERROR:  canceling statement due to statement timeout\n'],
])('status %i: whichever limit comes first, it reads the same', async (exitCode, stderr) => {
  await expect(sql(dockerThat(exitCode, stderr), server, 'SELECT 1;')).rejects.toThrow(
    'lab-db.0: the server did not answer in time',
  );
});
