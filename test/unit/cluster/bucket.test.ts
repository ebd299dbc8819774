import { expect, it } from 'vitest';
import { bucketKeys, bucketValue } from '../../../src/cluster/bucket.ts';

it('keeps the keys that existing clusters have', () => {
  expect(Object.values(bucketKeys).map(({ key }) => key)).toEqual(
    expect.arrayContaining([
      'POSTGRES_PASSWORD',
      'POSTGRES_REPLICATION_PASSWORD',
      'POSTGRES_LINKED_CONSUMERS',
      'PG_EXPOSE_PUBLIC',
      'PG_PRIMARY_ORDINAL',
      'BACKUP_KEEP',
      'BACKUP_MAX_AGE',
    ]),
  );
});

it('declares each key once, as a variable name, with an owner and a purpose', () => {
  const declared = Object.values(bucketKeys);
  expect(new Set(declared.map(({ key }) => key)).size).toBe(declared.length);
  for (const { key, owner, purpose } of declared) {
    expect(key).toMatch(/^[A-Z][A-Z_]*$/);
    expect(owner).not.toBe('');
    expect(purpose).not.toBe('');
  }
});

it('takes an empty value as absent: that is how a key is deleted (contract 5.1)', () => {
  expect(bucketValue({ POSTGRES_PASSWORD: '' }, 'password')).toBeUndefined();
  expect(bucketValue({}, 'password')).toBeUndefined();
  expect(bucketValue({ POSTGRES_PASSWORD: 'x' }, 'password')).toBe('x');
});
