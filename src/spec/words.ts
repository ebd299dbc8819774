/** Lists and maps of strings: numbers and booleans are written out, anything else is a problem with its path. */
import type { Problems } from './problems.ts';
import { isMap, show } from './values.ts';

export function words(path: string, value: unknown, problems: Problems): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    problems.add(path, `wants a list, not ${show(value)}`);
    return [];
  }
  return value.flatMap((word, index) => {
    if (typeof word === 'string' || typeof word === 'number') return [String(word)];
    problems.add(`${path}[${index}]`, `wants a string, not ${show(word)}`);
    return [];
  });
}

export function stringMap(path: string, value: unknown, problems: Problems): Record<string, string> {
  const map: Record<string, string> = {};
  if (!isMap(value)) {
    problems.add(path, `wants a map, not ${show(value)}`);
    return map;
  }
  for (const [name, entry] of Object.entries(value)) {
    if (typeof entry === 'object' && entry !== null)
      problems.add(`${path}.${name}`, `wants a string, not ${show(entry)}`);
    else map[name] = entry === null ? '' : String(entry);
  }
  return map;
}

export function wholeNumber(path: string, value: unknown, problems: Problems): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0) return number;
  problems.add(path, `wants a whole number, not ${show(value)}`);
  return undefined;
}
