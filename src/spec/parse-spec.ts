/** `spec` of an expand request → `PostgresSpec`. Reports every problem of the block at once. */
import { parseBackupBlock } from './backup-block.ts';
import { defaultImage, fieldNames, foreignFields, refusedFields } from './fields.ts';
import { settingName, settingProblem } from './guc.ts';
import { identifierProblem, isInitdbWord, passwordProblem } from './identifier.ts';
import { imageMajor } from './image.ts';
import { nearest } from './nearest.ts';
import type { PostgresSpec, SettingValue } from './postgres-spec.ts';
import { Problems } from './problems.ts';
import { durationSeconds, sizeBytes } from './quantity.ts';
import { parseStatefulsetKeys } from './statefulset-keys.ts';
import { isMap, show } from './values.ts';

type Raw = Readonly<Record<string, unknown>>;

const mostReplicas = 8;

/** What the pods' entrypoint, pg_rewind's grants and the slots of standbys are written for. */
const leastMajor = 15;

export function parseSpec(raw: Raw, block: string): PostgresSpec {
  const problems = new Problems();
  checkFieldNames(raw, problems);
  const replicas = integer(raw, 'replicas', 1, 1, mostReplicas, problems);
  const spec: PostgresSpec = {
    image: image(raw, problems),
    replicas,
    database: identifier(raw, 'database', 'postgres', false, problems),
    user: identifier(raw, 'user', 'postgres', true, problems),
    port: integer(raw, 'port', 5432, 1, 65_535, problems),
    password: password(raw, problems),
    replicationUser: identifier(raw, 'replication_user', 'replicator', true, problems),
    initdbLocale: initdbWord(raw, 'initdb_locale', 'C.UTF-8', problems),
    initdbEncoding: initdbWord(raw, 'initdb_encoding', 'UTF8', problems),
    settings: settings(raw['pg_config'], replicas, problems),
    extensions: extensions(raw['extensions'], problems),
    shmSize: size(raw, 'shm_size', problems),
    stopTimeoutSeconds: duration(raw, 'stop_timeout', '120s', problems),
    backup: parseBackupBlock(raw['backup'], replicas, problems),
    statefulset: parseStatefulsetKeys(raw, replicas, problems),
  };
  if (spec.user === spec.replicationUser)
    problems.add(
      'replication_user',
      `is the same role as user (${JSON.stringify(spec.user)})`,
      'choose another name',
    );
  problems.throwIfAny(block);
  return spec;
}

function checkFieldNames(raw: Raw, problems: Problems): void {
  for (const key of Object.keys(raw)) {
    if (fieldNames.includes(key)) continue;
    const refusal = Object.hasOwn(refusedFields, key) ? refusedFields[key] : undefined;
    const foreign = Object.hasOwn(foreignFields, key) ? foreignFields[key] : undefined;
    const close = nearest(key, fieldNames);
    if (refusal !== undefined) problems.add(key, 'is not possible in a postgres block', refusal);
    else if (foreign !== undefined) problems.add(key, 'is not a field of a postgres block', foreign);
    else if (close !== undefined)
      problems.add(key, 'is not a field of a postgres block', `did you mean ${close}?`);
    // The controller passes over what it does not know, and so would nobody ever say so.
    else
      problems.add(
        key,
        'is not a field of a postgres block or of a statefulset',
        'vd pg:defaults lists them all',
      );
  }
}

/** Absent, null and `"${A_VARIABLE:-}"` are the same to an operator: the default. */
function given(raw: Raw, key: string): unknown {
  return raw[key] === '' ? undefined : (raw[key] ?? undefined);
}

function text(raw: Raw, key: string, fallback: string, problems: Problems): string {
  const value = given(raw, key);
  if (value === undefined) return fallback;
  if (typeof value === 'string' && value.trim() !== '' && !/[\s\0]/.test(value)) return value;
  problems.add(key, `wants a word, not ${show(value)}`);
  return fallback;
}

function image(raw: Raw, problems: Problems): string {
  const name = text(raw, 'image', defaultImage, problems);
  const major = imageMajor(name);
  if (major !== undefined && major < leastMajor)
    problems.add(
      'image',
      `${show(name)} is PostgreSQL ${major}, and this plugin needs ${leastMajor} or newer`,
      `image = "${defaultImage}"; data of ${major} has to be dumped with its own pg_dump and restored`,
    );
  return name;
}

function integer(
  raw: Raw,
  key: string,
  fallback: number,
  least: number,
  most: number,
  problems: Problems,
): number {
  const value = given(raw, key);
  if (value === undefined) return fallback;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most)
    return number;
  problems.add(key, `wants a whole number from ${least} to ${most}, not ${show(value)}`);
  return fallback;
}

function identifier(raw: Raw, key: string, fallback: string, role: boolean, problems: Problems): string {
  const value = given(raw, key);
  if (value === undefined) return fallback;
  const problem =
    typeof value === 'string' ? identifierProblem(value, role) : `wants a name, not ${show(value)}`;
  if (problem !== undefined) problems.add(key, problem);
  return problem === undefined ? (value as string) : fallback;
}

function password(raw: Raw, problems: Problems): string | undefined {
  const value = given(raw, 'password');
  if (value === undefined) return undefined;
  // The value itself is never repeated in a message.
  const problem = typeof value === 'string' ? passwordProblem(value) : 'wants a string';
  if (problem !== undefined) problems.add('password', problem);
  return typeof value === 'string' ? value : undefined;
}

function initdbWord(raw: Raw, key: string, fallback: string, problems: Problems): string {
  const value = given(raw, key);
  if (value === undefined) return fallback;
  if (typeof value === 'string' && isInitdbWord(value)) return value;
  problems.add(key, `${show(value)} is not a name initdb can be given`, `for example "${fallback}"`);
  return fallback;
}

function settings(value: unknown, replicas: number, problems: Problems): Record<string, SettingValue> {
  const parsed: Record<string, SettingValue> = {};
  if (value === undefined || value === null) return parsed;
  if (!isMap(value)) {
    problems.add(
      'pg_config',
      `wants a map of settings, not ${show(value)}`,
      'pg_config = { max_connections = 200 }',
    );
    return parsed;
  }
  for (const [name, setting] of Object.entries(value)) {
    const problem =
      settingNameProblem(name) ?? settingValueProblem(setting) ?? settingProblem(name, setting, replicas);
    if (problem !== undefined) problems.add(`pg_config.${name}`, problem);
    else parsed[name] = setting as SettingValue;
  }
  return parsed;
}

function settingNameProblem(name: string): string | undefined {
  return settingName.test(name)
    ? undefined
    : 'is not the name of a setting (lowercase letters, digits, _ and one dot)';
}

function settingValueProblem(value: unknown): string | undefined {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return undefined;
  if (typeof value === 'string') return value.includes('\0') ? 'holds a NUL byte' : undefined;
  if (Array.isArray(value)) return 'is a list; write one string, for example "a, b"';
  return `wants a number, a boolean or a string, not ${show(value)}`;
}

function extensions(value: unknown, problems: Problems): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    problems.add('extensions', `wants a list of names, not ${show(value)}`, 'extensions = ["vector"]');
    return [];
  }
  const names: string[] = [];
  value.forEach((name, index) => {
    if (typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) names.push(name);
    else problems.add(`extensions[${index}]`, `${show(name)} is not the name of an extension`);
  });
  return names;
}

function size(raw: Raw, key: string, problems: Problems): string | undefined {
  const value = given(raw, key);
  if (value === undefined) return undefined;
  const bytes = sizeBytes(String(value));
  if ((typeof value === 'string' || typeof value === 'number') && bytes !== undefined && bytes > 0)
    return String(value);
  problems.add(key, `wants a size like "1GB", not ${show(value)}`);
  return undefined;
}

function duration(raw: Raw, key: string, fallback: string, problems: Problems): number {
  const value = given(raw, key) ?? fallback;
  const seconds =
    typeof value === 'number' ? value : typeof value === 'string' ? durationSeconds(value) : undefined;
  if (seconds !== undefined && seconds >= 1 && Number.isInteger(seconds)) return seconds;
  problems.add(key, `wants a duration like "120s", not ${show(value)}`);
  return durationSeconds(fallback)!;
}
