/** A login over TCP, as an application makes it, through pg. */
import pg from 'pg';
import { Failure } from '../errors.ts';
import type { PostgresLogin } from '../io.ts';

export const postgresLogin: PostgresLogin = {
  login: async ({ host, port, user, password, database, timeoutMs }) => {
    const client = new pg.Client({
      host,
      port,
      user,
      password,
      database,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
    });
    // Errors after the connection failed are the same failure again.
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('SELECT 1');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Failure('postgres', `login as ${user} at ${host}:${port} failed: ${reason}`, { cause });
    } finally {
      await client.end().catch(() => {});
    }
  },
};
