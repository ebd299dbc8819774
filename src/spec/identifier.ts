/**
 * Names an operator may choose, and what each must survive.
 * Scope and name become container names, DNS names and asset references (contract 3.6, 6.2).
 */
import { Failure } from '../errors.ts';

const resourceName = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

export function checkResourceName(what: 'scope' | 'name', value: string): void {
  if (resourceName.test(value)) return;
  throw new Failure('spec', `${what} ${JSON.stringify(value)} cannot name a cluster`, {
    hint: 'Use letters, digits, - and _, beginning with a letter or a digit.',
  });
}

const longestIdentifier = 63;

/** A role or database name. PostgreSQL truncates at 63 bytes and reserves `pg_` for its own roles. */
export function identifierProblem(value: string, role: boolean): string | undefined {
  if (value === '') return 'must not be empty';
  if (Buffer.byteLength(value) > longestIdentifier) return `is longer than ${longestIdentifier} bytes`;
  if (!/^[A-Za-z_][A-Za-z0-9_$.-]*$/.test(value))
    return `${JSON.stringify(value)} must begin with a letter or _ and hold only letters, digits and _ $ . -`;
  if (role && /^pg_/i.test(value))
    return `${JSON.stringify(value)} begins with pg_, which PostgreSQL reserves`;
  return undefined;
}

/** Locale and encoding reach a shell inside the image (POSTGRES_INITDB_ARGS is evaluated there). */
export function isInitdbWord(value: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_.@-]*$/.test(value);
}

/** The password travels through an env file: one line, trimmed, and `${` would be taken for a reference (contract 6.3, 3.6). */
export function passwordProblem(value: string): string | undefined {
  if (/[\n\r\0]/.test(value))
    return "holds a line break or a NUL byte, which the pod's env file cannot carry";
  if (value !== value.trim()) return 'begins or ends with white space, which the controller trims';
  if (value.includes('${')) return 'holds ${, which the controller takes for a reference';
  return undefined;
}
