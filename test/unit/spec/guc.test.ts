import { describe, expect, it } from 'vitest';
import { ownedSettings, settingName, settingProblem } from '../../../src/spec/guc.ts';
import { problemsOf } from '../../support/expansion.ts';

describe('settings the plugin owns', () => {
  it.each(ownedSettings)('%s is refused with what to use instead', name => {
    expect(settingProblem(name, 'x', 1)).toMatch(/^is set by the plugin: ./);
    expect(problemsOf({ pg_config: { [name]: 'x' } })).toHaveLength(1);
  });

  it.each([
    'port',
    'listen_addresses',
    'data_directory',
    'config_file',
    'include_dir',
    'hot_standby',
    'wal_log_hints',
    'primary_conninfo',
    'primary_slot_name',
    'restore_command',
    'recovery_target_time',
    'cluster_name',
  ])('%s is one of them', name => expect(ownedSettings).toContain(name));
});

describe('settings that replication bounds', () => {
  it.each<[string, unknown, number]>([
    ['wal_level', 'minimal', 1],
    ['full_page_writes', false, 1],
    ['full_page_writes', 'off', 1],
    ['full_page_writes', 'OFF', 1],
    ['full_page_writes', 0, 1],
    ['password_encryption', 'md5', 1],
    ['max_wal_senders', 0, 1],
    ['max_wal_senders', '5', 3],
    ['max_replication_slots', 3, 3],
  ])('%s = %j with %i pods is refused', (name, value, replicas) => {
    expect(settingProblem(name, value, replicas)).toBeTypeOf('string');
  });

  it.each<[string, unknown, number]>([
    ['wal_level', 'logical', 3],
    ['wal_level', 'replica', 3],
    ['full_page_writes', true, 1],
    ['password_encryption', 'scram-sha-256', 1],
    ['max_wal_senders', 6, 3],
    ['max_wal_senders', '20', 3],
    ['max_replication_slots', 4, 3],
  ])('%s = %j with %i pods is fine', (name, value, replicas) => {
    expect(settingProblem(name, value, replicas)).toBeUndefined();
  });

  it('says the measured number and the least', () => {
    expect(settingProblem('max_wal_senders', 5, 3)).toBe(
      '5 is below 6: two for each pod, so that a standby can be cloned',
    );
  });
});

it("everything else is the operator's", () => {
  for (const name of [
    'shared_buffers',
    'wal_keep_size',
    'max_slot_wal_keep_size',
    'fsync',
    'archive_command',
    'auto_explain.log_analyze',
  ])
    expect(settingProblem(name, 'x', 3)).toBeUndefined();
});

it('a name is one word, or two with a dot between them', () => {
  for (const name of ['work_mem', 'auto_explain.log_min_duration', 'a1.b_2'])
    expect(name).toMatch(settingName);
  for (const name of ['', '1a', '.a', 'a.', 'a.b.c', 'A', 'a b', 'a=b', 'a\nb', '-a', "a'"])
    expect(name).not.toMatch(settingName);
});
