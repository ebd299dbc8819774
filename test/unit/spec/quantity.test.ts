import { describe, expect, it } from 'vitest';
import { durationSeconds, isCpu, memoryBytes, sizeBytes } from '../../../src/spec/quantity.ts';

describe('memoryBytes', () => {
  it.each([
    ['4Gi', 4 * 1024 ** 3],
    ['512Mi', 512 * 1024 ** 2],
    ['256Ki', 256 * 1024],
    ['4G', 4e9],
    ['500M', 5e8],
    ['1500K', 1.5e6],
    ['1.5Gi', 1.5 * 1024 ** 3],
    ['1024', 1024],
  ])('reads %s', (text, bytes) => expect(memoryBytes(text)).toBe(bytes));

  it.each(['', '4GB', '4g', '-1', 'Gi', '1e9', '4 Gi', '4Gi '])('does not read %j', text =>
    expect(memoryBytes(text)).toBeUndefined(),
  );
});

describe('isCpu', () => {
  it.each(['2', '1.5', '0.25', '500m', '100m'])('takes %s', text => expect(isCpu(text)).toBe(true));
  it.each(['', '0', '0.0', '0m', '-1', '1.5m', '2 cpus', 'm'])('does not take %j', text =>
    expect(isCpu(text)).toBe(false),
  );
});

describe('sizeBytes', () => {
  it.each([
    ['256MB', 256 * 1024 ** 2],
    ['256mb', 256 * 1024 ** 2],
    ['1g', 1024 ** 3],
    ['1 GB', 1024 ** 3],
    ['16kB', 16 * 1024],
    ['2TB', 2 * 1024 ** 4],
    ['0.5GB', 512 * 1024 ** 2],
    ['1024B', 1024],
    ['1073741824', 1024 ** 3],
  ])('reads %s', (text, bytes) => expect(sizeBytes(text)).toBe(bytes));

  it('counts a bare number in the given unit, and only a bare one', () => {
    expect(sizeBytes('32768', 8192)).toBe(256 * 1024 ** 2);
    expect(sizeBytes('32768B', 8192)).toBe(32_768);
  });

  it.each(['', 'big', '-1GB', '1XB', '1GB2'])('does not read %j', text =>
    expect(sizeBytes(text)).toBeUndefined(),
  );
});

describe('durationSeconds', () => {
  it.each([
    ['90s', 90],
    ['2m', 120],
    ['168h', 604_800],
    ['7d', 604_800],
    ['2w', 1_209_600],
    ['1h30m', 5400],
    ['0.5h', 1800],
  ])('reads %s', (text, seconds) => expect(durationSeconds(text)).toBe(seconds));

  it.each(['', '90', '-1s', '1y', '1 h', 'h', '1ms'])('does not read %j', text =>
    expect(durationSeconds(text)).toBeUndefined(),
  );
});
