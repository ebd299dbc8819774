/** What a real server reads from the files we render. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assetFilesOf } from '../support/expansion.ts';
import { installed, type LocalServer, mayBeMissing, startServer } from '../support/local-postgres.ts';
import { nastyStrings } from '../support/nasty-strings.ts';

it.skipIf(installed.length === 0 && mayBeMissing)('this machine has a server', () =>
  expect(installed).not.toEqual([]),
);

/** Settings of any name, which the server keeps as they are, and some that it parses. */
const nasty = Object.fromEntries(nastyStrings.map((value, index) => [`voodu.s${index}`, value]));
const parsed = {
  work_mem: '16MB',
  max_connections: 42,
  random_page_cost: 1.1,
  seq_page_cost: 0.000_001,
  statement_timeout: 0,
  log_min_duration_statement: -1,
  jit: false,
  log_connections: true,
  'voodu.number': 9_007_199_254_740_992,
  max_wal_senders: 21,
};

describe.each(installed)('PostgreSQL $major', binaries => {
  const files = assetFilesOf({ pg_config: { ...nasty, ...parsed } });
  let server: LocalServer;

  beforeAll(async () => {
    server = await startServer(binaries, {
      'voodu-50-streaming.conf': files['streaming_conf']!,
      'voodu-99-overrides.conf': files['pg_overrides_conf']!,
    });
  });
  afterAll(() => server?.stop());

  it('finds no error in the rendered files, and applies all of them', () => {
    // This server is started with other listen_addresses on its command line.
    expect(
      server.sql(
        `SELECT name, error FROM pg_file_settings WHERE error IS NOT NULL AND name <> 'listen_addresses'`,
      ),
    ).toBe('');
    const seen = Number(
      server.sql(`SELECT count(*) FROM pg_file_settings WHERE sourcefile LIKE '%/conf.d/%'`),
    );
    const written = [files['streaming_conf'], files['pg_overrides_conf']]
      .join('')
      .match(/^[a-z].* = /gm)?.length;
    expect(seen).toBe(written);
  });

  it.each(Object.entries(nasty))('reads %s back as it was written: %j', (name, value) => {
    const hex = server.sql(`SELECT encode(convert_to(current_setting('${name}'), 'UTF8'), 'hex')`);
    expect(Buffer.from(hex, 'hex').toString()).toBe(value);
  });

  it.each([
    ['work_mem', '16MB'],
    ['max_connections', '42'],
    ['random_page_cost', '1.1'],
    ['seq_page_cost', '1e-06'],
    ['statement_timeout', '0'],
    ['log_min_duration_statement', '-1'],
    ['jit', 'off'],
    ['log_connections', 'on'],
    ['voodu.number', '9007199254740992'],
  ])('understands the number or boolean of %s', (name, value) => {
    // 18 shows log_connections as the list it has become.
    if (name === 'log_connections' && binaries.major >= 18)
      expect(server.sql('SHOW log_connections')).not.toBe('');
    else expect(server.sql(`SHOW ${name}`)).toBe(value);
  });

  it('lets pg_config win over what streaming sets', () =>
    expect(server.sql('SHOW max_wal_senders')).toBe('21'));

  it.each([
    ['wal_level', 'replica'],
    ['hot_standby', 'on'],
    ['max_replication_slots', '10'],
    ['wal_keep_size', '1GB'],
    ['max_slot_wal_keep_size', '4GB'],
    ['wal_log_hints', 'on'],
    ['wal_retrieve_retry_interval', '1s'],
  ])('streams with %s = %s', (name, value) => expect(server.sql(`SHOW ${name}`)).toBe(value));
});
