/**
 * The values of an outline. Every value expression of the file goes through the real parser once more, each as the
 * one attribute of a line of its own: there no block, label or second attribute can hide it.
 */
import { Failure } from '../errors.ts';
import type { Item } from './outline.ts';

/** HCL text → hcl2json's JSON. `src/edges/hcl.ts` is the real one. */
export type ParseHcl = (filename: string, text: string) => Promise<Readonly<Record<string, unknown>>>;

/** Expression text → what hcl2json makes of it. */
export type Values = ReadonlyMap<string, unknown>;

export async function readValues(parse: ParseHcl, filename: string, items: readonly Item[]): Promise<Values> {
  const expressions = [...new Set(expressionsOf(items))];
  const document = expressions.map((expression, index) => `v${index} = ${expression}\n`).join('');
  const parsed = await parse(filename, document).catch((error: unknown) => {
    throw new Failure('internal', `cannot read the values of ${filename}`, { cause: error });
  });
  return new Map(expressions.map((expression, index) => [expression, parsed[`v${index}`]]));
}

function expressionsOf(items: readonly Item[]): string[] {
  return items.flatMap(item =>
    item.type === 'attribute' ? [item.expression] : [...item.labels, ...expressionsOf(item.body)],
  );
}

/**
 * A value as the controller has it, or the text of the part that is not a plain value.
 *
 * hcl2json evaluates what needs no variable (`"${1}"`), escapes `${` in every string it evaluated, and leaves
 * `${…}` for the rest: an unescaped sequence is an expression, an escaped one is text.
 */
export function plainValue(raw: unknown): { value: unknown } | { expression: string } {
  if (typeof raw === 'string') {
    const expression = unescapedSequence(raw);
    return expression ? { expression } : { value: raw.replace(/([$%])\1\{/g, '$1{') };
  }
  if (typeof raw === 'number' && !Number.isFinite(raw)) return { expression: 'a number beyond 1.8e308' };
  if (Array.isArray(raw)) return plainList(raw);
  if (typeof raw === 'object' && raw !== null) return plainObject(raw);
  return { value: raw };
}

function plainList(raw: readonly unknown[]): ReturnType<typeof plainValue> {
  const list: unknown[] = [];
  for (const element of raw) {
    const plain = plainValue(element);
    if ('expression' in plain) return plain;
    list.push(plain.value);
  }
  return { value: list };
}

function plainObject(raw: object): ReturnType<typeof plainValue> {
  const entries: [string, unknown][] = [];
  for (const [rawKey, element] of Object.entries(raw)) {
    const key = plainValue(rawKey);
    if ('expression' in key) return key;
    const plain = plainValue(element);
    if ('expression' in plain) return plain;
    entries.push([String(key.value), plain.value]);
  }
  return { value: sortedRecord(entries) };
}

/** Keys sorted, the way the controller writes them. */
export function sortedRecord(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function unescapedSequence(text: string): string | undefined {
  for (const { index } of text.matchAll(/[$%]\{/g)) {
    if (text[index - 1] !== text[index]) return text.slice(index);
  }
  return undefined;
}
