/** The `.env` of a resource: what it should hold, what it holds, how docker reads it (contract 6.3, 5.1). */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { envFilePath } from './names.ts';
import type { Bucket } from './types.ts';

/** Sorted `K=V` lines; values trimmed, nothing quoted: a newline in a value corrupts the file, as it does there. */
export function envFileText(env: Bucket): string {
  return Object.keys(env)
    .sort()
    .map(key => `${key}=${env[key]!.trim()}\n`)
    .join('');
}

/** Writes and says whether the bytes differ from what was there. */
export function writeEnvFile(path: string, env: Bucket): boolean {
  const next = envFileText(env);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  mkdirSync(dirname(path), { recursive: true });
  if (before !== next || !existsSync(path)) writeFileSync(path, next, { mode: 0o600 });
  return before !== next;
}

/** Docker's own reading of an env file: comments and blank lines skipped, no quotes understood. */
export function readEnvFile(path: string): Bucket {
  const out: Bucket = {};
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const text = line.replace(/^\s+/, '').replace(/\r$/, '');
    const equals = text.indexOf('=');
    if (text === '' || text.startsWith('#') || equals <= 0) continue;
    out[text.slice(0, equals)] = text.slice(equals + 1);
  }
  return out;
}

/** Files of the resources named in env_from. Missing ones are skipped, unless all are missing. */
export function envFromFiles(root: string, scope: string, refs: readonly string[]): string[] {
  const paths = refs.map(entry => {
    const slash = entry.indexOf('/');
    return slash < 0
      ? envFilePath(root, scope, entry)
      : envFilePath(root, entry.slice(0, slash), entry.slice(slash + 1));
  });
  const present = paths.filter(path => existsSync(path));
  if (refs.length > 0 && present.length === 0) {
    throw new Error(`resolve env_from: none of [${refs.join(' ')}] has an env file`);
  }
  return present;
}
