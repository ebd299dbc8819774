import { describe, expect, it } from 'vitest';
import {
  assetName,
  backupsDirectory,
  envFile,
  formatRef,
  podHost,
  podName,
  standbyName,
  stateDirectory,
} from '../../../src/cluster/names.ts';

const ref = { scope: 'clowk-lp', name: 'db' };

it('composes names as the controller does (contract 6.2)', () => {
  expect(formatRef(ref)).toBe('clowk-lp/db');
  expect(podName(ref, 0)).toBe('clowk-lp-db.0');
  expect(podHost({ scope: 'Clowk', name: 'DB' }, 2)).toBe('db-2.clowk.voodu');
  expect(envFile('/opt/voodu', ref)).toBe('/opt/voodu/apps/clowk-lp-db/shared/.env');
  expect(standbyName(1)).toBe('voodu_1');
});

it('keeps what operators rely on where it is', () => {
  expect(backupsDirectory(ref)).toBe('/opt/voodu/backups/clowk-lp/db');
  expect(stateDirectory(ref)).toBe('/opt/voodu/state/postgres/clowk-lp/db');
});

describe('assets are stored by bare name (contract 3.5)', () => {
  const segments = ['a', 'b', 'c', 'pg', 'pg1', 'pg3', '1', '11'];
  /** All words of up to three segments joined by dashes. */
  const words = segments.flatMap(first => [
    first,
    ...segments.flatMap(second => [`${first}-${second}`, `${first}-${second}-pg1`]),
  ]);

  it('no two clusters share an asset: a-b/c and a/b-c, and every other pair of such names', () => {
    const seen = new Map<string, string>();
    for (const scope of words) {
      for (const name of words) {
        const asset = assetName({ scope, name });
        expect(seen.get(asset), `${scope}/${name}`).toBeUndefined();
        seen.set(asset, `${scope}/${name}`);
      }
    }
    expect(seen.size).toBe(words.length ** 2);
  });

  it('an asset name can be referenced (contract 3.6)', () => {
    expect(assetName(ref)).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]*$/);
  });
});
