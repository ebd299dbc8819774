/** SCRAM-SHA-256 verifiers (RFC 5802, RFC 7677) in the form PostgreSQL stores: `SCRAM-SHA-256$<n>:<salt>$<stored>:<server>`. */
/** PostgreSQL's own default. */
const iterations = 4096;

export function scramVerifier(password: string, salt: Buffer): string {
  // Loaded here: see host.ts.
  const { createHash, createHmac, pbkdf2Sync } = process.getBuiltinModule('node:crypto');
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const key = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}
