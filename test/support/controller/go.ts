/** Go habits the wire shows: strict decoding with encoding/json's error texts, durations, %q. */

export type Shape =
  | { readonly type: 'string' | 'bool' | 'int' | 'any' }
  | { readonly type: 'slice'; readonly of: Shape }
  | { readonly type: 'map'; readonly of: Shape }
  | { readonly type: 'struct'; readonly name: string; readonly fields: Readonly<Record<string, Shape>> };

export const string: Shape = { type: 'string' };
export const bool: Shape = { type: 'bool' };
export const int: Shape = { type: 'int' };
export const any: Shape = { type: 'any' };
export const slice = (of: Shape): Shape => ({ type: 'slice', of });
export const map = (of: Shape): Shape => ({ type: 'map', of });
export const struct = (name: string, fields: Record<string, Shape>): Shape => ({
  type: 'struct',
  name,
  fields,
});

/**
 * json.Unmarshal into a struct: unknown keys vanish, keys match regardless of case, null leaves the zero value
 * (here: the key is absent), the first value of a wrong type is the error.
 */
export function decode<T>(shape: Shape, value: unknown): T {
  return decodeAt(shape, value, [], shape) as T;
}

function decodeAt(shape: Shape, value: unknown, path: readonly string[], root: Shape): unknown {
  if (value === null || value === undefined) return undefined;
  const mismatch = (what = jsonKind(value)) => new Error(mismatchText(what, shape, path, root));
  switch (shape.type) {
    case 'any':
      return value;
    case 'string':
      if (typeof value !== 'string') throw mismatch();
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw mismatch();
      return value;
    case 'int':
      if (typeof value !== 'number') throw mismatch();
      if (!Number.isInteger(value)) throw mismatch(`number ${value}`);
      return value;
    case 'slice':
      if (!Array.isArray(value)) throw mismatch();
      return value.map(item => decodeAt(shape.of, item, path, root) ?? zero(shape.of));
    case 'map': {
      if (!isObject(value)) throw mismatch();
      const entries = Object.entries(value).map(([k, v]) => [
        k,
        decodeAt(shape.of, v, path, root) ?? zero(shape.of),
      ]);
      return Object.fromEntries(entries);
    }
    case 'struct': {
      if (!isObject(value)) throw mismatch();
      const out: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) {
        const field = fieldFor(shape.fields, key);
        if (field === undefined) continue;
        const decoded = decodeAt(shape.fields[field]!, item, [...path, field], root);
        if (decoded !== undefined) out[field] = decoded;
      }
      return out;
    }
  }
}

function fieldFor(fields: Readonly<Record<string, Shape>>, key: string): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  return Object.keys(fields).find(field => field.toLowerCase() === key.toLowerCase());
}

function zero(shape: Shape): unknown {
  const zeros = { string: '', bool: false, int: 0, any: null, slice: [], map: {}, struct: {} };
  return zeros[shape.type];
}

function mismatchText(what: string, shape: Shape, path: readonly string[], root: Shape): string {
  const into =
    path.length === 0 || root.type !== 'struct'
      ? 'Go value'
      : `Go struct field ${root.name}.${path.join('.')}`;
  return `json: cannot unmarshal ${what} into ${into} of type ${goType(shape)}`;
}

function goType(shape: Shape): string {
  switch (shape.type) {
    case 'slice':
      return `[]${goType(shape.of)}`;
    case 'map':
      return `map[string]${goType(shape.of)}`;
    case 'struct':
      return `controller.${shape.name}`;
    case 'any':
      return 'interface {}';
    default:
      return shape.type;
  }
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** json.Marshal's text: map keys sorted at every level, HTML characters escaped. */
export function marshal(value: unknown): string {
  return JSON.stringify(sortKeys(value)).replace(
    /[<>&\u2028\u2029]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, sortKeys(value[key])]),
  );
}

/** `1m0s`, `30s`, `250ms`: time.Duration's String for the ranges used here. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** time.ParseDuration to milliseconds; undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, us: 0.001, µs: 0.001, ns: 1e-6 } as const;
  if (!/^(\d+(\.\d+)?(ms|us|µs|ns|s|m|h))+$/.test(text)) return text === '0' ? 0 : undefined;
  let total = 0;
  for (const [, number, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|us|µs|ns|s|m|h)/g)) {
    total += Number(number) * units[unit as keyof typeof units];
  }
  return total;
}

/** %q of a plain string. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** %v of a string slice. */
export function formatList(items: readonly string[]): string {
  return `[${items.join(' ')}]`;
}
