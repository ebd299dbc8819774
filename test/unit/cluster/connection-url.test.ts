import { expect, it } from 'vitest';
import { clusterUrls, connectionUrls, pointsAt } from '../../../src/cluster/connection-url.ts';
import { ordinal } from '../../../src/cluster/ordinal.ts';
import { clusterOf, healthy, primary, standby } from '../../support/cluster-view.ts';

const target = {
  ref: { scope: 'Lab', name: 'DB' },
  user: 'u',
  password: 'p',
  database: 'd',
  port: 5433,
  primary: ordinal(0),
  readers: [ordinal(1), ordinal(2)],
};

it('names lower-case hosts, as docker resolves them', () => {
  expect(connectionUrls(target).writer).toBe('postgres://u:p@db-0.lab.voodu:5433/d');
});

it('the reader is a plain URL of one standby, and the whole list for libpq behind #', () => {
  const { reader } = connectionUrls(target);
  const url = new URL(reader);
  expect([url.hostname, url.port, url.pathname, url.search]).toEqual(['db-1.lab.voodu', '5433', '/d', '']);
  expect(url.hash).toBe(
    '#?dbname=d&host=db-1.lab.voodu,db-2.lab.voodu&port=5433,5433&target_session_attrs=any',
  );
  expect(reader).not.toContain('load_balance_hosts');
});

it('one standby needs no list, no standby gives the writer', () => {
  expect(connectionUrls({ ...target, readers: [ordinal(1)] }).reader).toBe(
    'postgres://u:p@db-1.lab.voodu:5433/d?target_session_attrs=any',
  );
  expect(connectionUrls({ ...target, readers: [] }).reader).toBe(connectionUrls(target).writer);
});

it.each([`'"\\$@:/%# ?&=+`, 'ü ß', '%41'])('a password of %s decodes to itself', password => {
  expect(decodeURIComponent(new URL(connectionUrls({ ...target, password }).writer).password)).toBe(password);
});

it('a standby that needs a re-clone leaves the read URL', () => {
  const lost = primary(0, [1, 2], {
    slots: [{ name: 'voodu_2', active: false, wal_status: 'lost', retained_bytes: undefined }],
  });
  const { reader } = clusterUrls(
    clusterOf([lost, standby(1), standby(2, { receiver: undefined })]),
    'secret',
  );
  expect(reader).toContain('db-1.lab.voodu');
  expect(reader).not.toContain('db-2');
});

it('knows its own URLs, whatever the ordinal, and nobody else’s', () => {
  const cluster = healthy();
  expect(pointsAt(cluster, 'postgres://a:b@db-7.lab.voodu:5432/x')).toBe(true);
  for (const other of [
    'postgres://a:b@db-0.lab2.voodu:5432/x',
    'postgres://a:b@mydb-0.lab.voodu/x',
    'postgres://a:b@elsewhere/x',
    '',
  ])
    expect(pointsAt(cluster, other)).toBe(false);
});
