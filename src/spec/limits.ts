/** `resources`, `ulimits` and `logs`, in the types the controller decodes. */
import type { Problems } from './problems.ts';
import { isCpu, memoryBytes } from './quantity.ts';
import { isMap, show } from './values.ts';
import { wholeNumber } from './words.ts';

export function parseUlimits(path: string, value: unknown, problems: Problems): Record<string, string> {
  if (!isMap(value)) {
    problems.add(path, `wants a map, not ${show(value)}`);
    return {};
  }
  const limits: Record<string, string> = {};
  for (const [name, limit] of Object.entries(value)) {
    if (/^-?\d+(:-?\d+)?$/.test(String(limit))) limits[name] = String(limit);
    else problems.add(`${path}.${name}`, `wants "soft:hard" or a number, not ${show(limit)}`);
  }
  return limits;
}

const quantities = {
  cpu: { fits: isCpu, like: '"2", "1.5" or "500m"' },
  memory: { fits: (text: string) => memoryBytes(text) !== undefined, like: '"4Gi", "512Mi", "4G" or bytes' },
} as const;

export function parseResources(
  path: string,
  value: unknown,
  problems: Problems,
): { limits: Record<string, string> } {
  const limits = isMap(value) ? (value['limits'] ?? {}) : undefined;
  if (!isMap(value) || !isMap(limits)) {
    problems.add(
      path,
      'wants limits { cpu memory }',
      'resources { limits { memory = "4Gi" } } on lines of their own',
    );
    return { limits: {} };
  }
  for (const key of Object.keys(value))
    if (key !== 'limits') problems.add(`${path}.${key}`, 'is not supported', 'only limits is');
  const checked: Record<string, string> = {};
  for (const [name, limit] of Object.entries(limits)) {
    const quantity = name === 'cpu' || name === 'memory' ? quantities[name] : undefined;
    const text = String(limit ?? '');
    if (quantity === undefined) problems.add(`${path}.limits.${name}`, 'is not a limit', 'cpu or memory');
    else if (text !== '' && !quantity.fits(text))
      problems.add(`${path}.limits.${name}`, `${show(limit)} is not a quantity`, quantity.like);
    else if (text !== '') checked[name] = text;
  }
  return { limits: checked };
}

export function parseLogs(value: unknown, problems: Problems): Record<string, unknown> {
  if (!isMap(value)) {
    problems.add(
      'logs',
      `wants one block, not ${show(value)}`,
      'logs { max_size = "10m" max_files = 3 } on lines of their own',
    );
    return {};
  }
  const { max_size: size, max_files: files, ...rest } = value;
  return {
    ...rest,
    ...(size === undefined || size === null ? {} : { max_size: String(size) }),
    ...(files === undefined || files === null
      ? {}
      : { max_files: wholeNumber('logs.max_files', files, problems) }),
  };
}
