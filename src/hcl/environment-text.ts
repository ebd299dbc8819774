/**
 * Values of an attribute named `env`. The controller turns its scalars into strings with Go's number formatting
 * (test/unit/hcl/environment-text.test.ts has the shapes of contract section 7).
 */

/** The `env` object with scalar values as text; what is not an object, and lists and objects in it, stay. */
export function environmentValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, environmentText(entry)]));
}

function environmentText(value: unknown): unknown {
  if (value === null) return '';
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' ? goNumber(value) : value;
}

const int64Limit = 2 ** 63;

/** From this exponent on Go writes a shortest `%g` in scientific notation. */
const goPrecision = 6;

/** Whole numbers of 64 bits in full, all others as Go's `%g` with the fewest digits. */
function goNumber(value: number): string {
  if (Number.isInteger(value) && value >= -int64Limit && value < int64Limit) return BigInt(value).toString();
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < goPrecision) return String(value);
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}
