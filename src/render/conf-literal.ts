/**
 * A value as postgresql.conf spells it.
 *
 * numbers stay bare, booleans become on/off, strings are quoted: `'` and `\` double, a newline becomes `\n`
 * (test/postgres/conf-literal.test.ts loads each of these with a real server).
 */
export function confLiteral(value: string | number | boolean): string {
  if (typeof value === 'number') return confNumber(value);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}

/** PostgreSQL reads no exponent in an integer setting, so whole numbers are written out. */
function confNumber(value: number): string {
  const text = Number.isInteger(value) ? BigInt(value).toString() : String(value);
  // Bare, `1e-7` is a syntax error; quoted it is a number.
  return text.includes('e') ? `'${text}'` : text;
}
