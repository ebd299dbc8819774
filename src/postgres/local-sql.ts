/** SQL as the superuser over the pod's local socket: needs no password, and the text never is in an argv. */
import { Failure } from '../errors.ts';
import type { Docker, Finished } from '../io.ts';

export interface LocalServer {
  readonly container: string;
  readonly user: string;
  readonly port: number;
}

export interface SqlOptions {
  readonly database?: string;
  readonly timeoutMs?: number;
}

/** Debian's `psql` is a perl wrapper that takes ten times as long as psql itself (test/e2e/lab-image.test.ts). */
const fastPsql = ['sh', '-c', 'PATH="/usr/lib/postgresql/${PG_MAJOR:-}/bin:$PATH" exec psql "$@"', 'psql'];

/** psql's own outcome; a failed statement is exit 3 (ON_ERROR_STOP). */
export function trySql(
  docker: Docker,
  server: LocalServer,
  sql: string,
  options: SqlOptions = {},
): Promise<Finished> {
  const { database = 'postgres', timeoutMs = 10_000 } = options;
  // The limit inside ends psql too when the docker client is gone.
  const limit = ['timeout', String(Math.max(1, Math.ceil(timeoutMs / 1000)))];
  const psql = [
    ...fastPsql,
    '-XAtq',
    '-v',
    'ON_ERROR_STOP=1',
    '-h',
    '/var/run/postgresql',
    '-p',
    String(server.port),
    '-U',
    server.user,
    '-d',
    database,
  ];
  return docker.exec(server.container, [...limit, ...psql, '-f', '-'], {
    input: sql,
    // A cut-off client leaves its statement to the server, where it would take effect later, unseen.
    env: { PGOPTIONS: `-c statement_timeout=${timeoutMs}` },
    timeoutMs: timeoutMs + 500,
  });
}

/** The statement's output without its last line break. */
export async function sql(
  docker: Docker,
  server: LocalServer,
  statement: string,
  options: SqlOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await trySql(docker, server, statement, options);
  if (exitCode === 0) return stdout.replace(/\n$/, '');
  throw new Failure('postgres', `${server.container}: ${sqlReason({ exitCode, stderr })}`);
}

/** Whether the limit of `trySql` ended it: `timeout` in the pod, or the server, which is told the same limit. */
export const ranOutOfTime = ({ exitCode, stderr }: Pick<Finished, 'exitCode' | 'stderr'>): boolean =>
  exitCode === 124 || exitCode === 143 || stderr.includes('due to statement timeout');

/** Why psql failed, in one line. */
export function sqlReason({ exitCode, stderr }: Pick<Finished, 'exitCode' | 'stderr'>): string {
  if (ranOutOfTime({ exitCode, stderr })) return 'the server did not answer in time';
  const line = stderr.split('\n').find(text => /ERROR|FATAL|error:/.test(text)) ?? stderr.trim();
  return (
    line.replace(/^psql:[^:]*:\d+: /, '').replace(/^psql: error: /, '') ||
    `psql ended with status ${exitCode}`
  );
}

/** Keeps the statements of a session out of the server's log. */
export const unlogged = `SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_error_statement = 'panic';`;

/** An identifier inside a statement. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A string inside a statement, whatever standard_conforming_strings says. */
export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return value.includes('\\') ? `E${quoted}` : quoted;
}
