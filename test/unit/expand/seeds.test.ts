import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatFailure } from '../../../src/errors.ts';
import { bucketAfter, expandBlock, failureOf, type Given } from '../../support/expansion.ts';

const block = { image: 'postgres:17', replicas: 3 };
const bucketFrom = (spec: Record<string, unknown>, config: Record<string, string> = {}) =>
  bucketAfter(expandBlock(spec, { config }), config);
const written = (spec: Record<string, unknown>, config: Record<string, string>) =>
  bucketAfter(expandBlock(spec, { config }));
const refusal = (spec: Record<string, unknown>, config: Record<string, string>) =>
  formatFailure(failureOf(() => expandBlock(spec, { config })));

describe('the first apply', () => {
  it('writes generated passwords and what the plugin keeps', () => {
    expect(bucketFrom(block)).toEqual({
      POSTGRES_PASSWORD: '01'.repeat(32),
      POSTGRES_REPLICATION_PASSWORD: '02'.repeat(32),
      PG_PRIMARY_ORDINAL: '0',
      BACKUP_KEEP: '30',
      PG_CLUSTER_ID: '03'.repeat(8),
      PG_DATA_MAJOR: '17',
    });
  });

  it("does so for the block's own bucket and restarts nobody", () => {
    for (const action of expandBlock(block, { scope: 'a', name: 'b' }).actions)
      expect(action).toMatchObject({ type: 'config_set', scope: 'a', name: 'b', skip_restart: true });
  });

  it('draws every secret anew', () => {
    const given: Given = { randomHex: bytes => randomBytes(bytes).toString('hex') };
    const secrets = [1, 2].flatMap(() => {
      const { POSTGRES_PASSWORD, POSTGRES_REPLICATION_PASSWORD } = bucketAfter(expandBlock(block, given));
      return [POSTGRES_PASSWORD, POSTGRES_REPLICATION_PASSWORD];
    });
    for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(secrets).size).toBe(4);
  });

  it('tells no secret in a summary', () => {
    const { actions } = expandBlock({ ...block, password: 'hunter2' });
    for (const action of actions) expect(action.summary).not.toMatch(/hunter2|0101|0202/);
  });

  it('records no major where the tag shows none', () => {
    expect(bucketFrom({ image: 'ghcr.io/acme/pg:1.2' })).not.toHaveProperty('PG_DATA_MAJOR');
  });
});

describe('a second apply', () => {
  it.each([{}, block, { ...block, password: 'hunter2' }, { image: 'ghcr.io/acme/pg:1.2' }])(
    'of %j has no action',
    spec => {
      expect(expandBlock(spec, { config: bucketFrom(spec) }).actions).toEqual([]);
    },
  );

  it('still has none after a failover, another scale, or a deleted retention', () => {
    const { BACKUP_KEEP: _, ...rest } = bucketFrom(block);
    expect(
      expandBlock({ ...block, replicas: 5 }, { config: { ...rest, PG_PRIMARY_ORDINAL: '2' } }).actions,
    ).toEqual([]);
  });

  it('asks for no random bytes', () => {
    const randomHex = () => {
      throw new Error('not needed');
    };
    expect(() => expandBlock(block, { config: bucketFrom(block), randomHex })).not.toThrow();
  });
});

describe("values that are there before the first apply, in the own bucket or in the scope's", () => {
  it.each([
    'POSTGRES_PASSWORD',
    'POSTGRES_REPLICATION_PASSWORD',
    'PG_PRIMARY_ORDINAL',
    'BACKUP_KEEP',
    'PG_CLUSTER_ID',
  ])('%s is honoured', key => {
    expect(written(block, { [key]: '1' })).not.toHaveProperty(key);
  });

  it('an empty value counts as absent, for that is how keys are deleted', () => {
    expect(written(block, { POSTGRES_PASSWORD: '' })).toHaveProperty('POSTGRES_PASSWORD');
  });

  it('BACKUP_KEEP set to empty means no limit and stays', () => {
    expect(written(block, { BACKUP_KEEP: '' })).not.toHaveProperty('BACKUP_KEEP');
  });

  it('the bucket of the Go plugin is taken over: passwords as they are, the rest added', () => {
    const go = { POSTGRES_PASSWORD: 'p', POSTGRES_REPLICATION_PASSWORD: 'r', PG_PRIMARY_ORDINAL: '1' };
    // Its major is not known from here: the pods compare it with their image.
    expect(written(block, go)).toEqual({ PG_CLUSTER_ID: '01'.repeat(8) });
  });
});

describe('a password in the block', () => {
  it('is recorded at the first apply, also over a pre-seeded one', () => {
    expect(written({ ...block, password: 'x' }, {})).toMatchObject({ POSTGRES_PASSWORD: 'x' });
    expect(written({ ...block, password: 'x' }, { POSTGRES_PASSWORD: 'seeded' })).toMatchObject({
      POSTGRES_PASSWORD: 'x',
    });
  });

  it('that is the recorded one changes nothing', () => {
    expect(
      expandBlock({ ...block, password: 'x' }, { config: bucketFrom({ ...block, password: 'x' }) }).actions,
    ).toEqual([]);
  });

  it('that differs later is refused with the way to rotate, and neither is shown', () => {
    const config = bucketFrom({ ...block, password: 'hunter2' });
    const text = refusal({ ...block, password: 'correct-horse' }, config);
    expect(text).toBe(
      's/n: password differs from the one recorded for this cluster\nhint: A block cannot change the password of an existing database. Remove the line, and rotate with vd pg:new-password s/n. If s/n never ran (vd diff records passwords too), forget it: vd config s/n unset POSTGRES_PASSWORD.',
    );
  });

  it('may be removed later: the recorded one stays', () => {
    expect(expandBlock(block, { config: bucketFrom({ ...block, password: 'x' }) }).actions).toEqual([]);
  });
});

describe("another major than the data's", () => {
  const config = bucketFrom({ image: 'postgres:16' });

  it.each(['postgres:17', 'postgres:15', 'postgres:18-trixie'])(
    '%s is refused before any pod is stopped, with the way out',
    image => {
      const text = refusal({ image }, config);
      expect(text).toContain(
        `s/n: image ${image} is PostgreSQL ${/\d+/.exec(image)}, the data is PostgreSQL 16`,
      );
      expect(text).toContain('vd pg:backups:capture s/n');
      expect(text).toContain('vd config s/n unset PG_DATA_MAJOR');
    },
  );

  it.each(['postgres:16', 'postgres:16.9-alpine', 'ghcr.io/acme/pg:latest'])('%s is not', image => {
    expect(expandBlock({ image }, { config }).actions).toEqual([]);
  });

  it('a bare block follows the default image: the data of another major is refused too', () => {
    expect(refusal({}, config)).toContain('image postgres:17 is PostgreSQL 17, the data is PostgreSQL 16');
  });
});
