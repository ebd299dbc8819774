/** `inits = [{ name … }]`, or `init "name" { … }` once or several times: one list. The same for volume claims. */
import { parseResources, parseUlimits } from './limits.ts';
import type { Problems } from './problems.ts';
import { isMap, show } from './values.ts';
import { wholeNumber, words } from './words.ts';

type Raw = Readonly<Record<string, unknown>>;

export function blockList(raw: Raw, list: string, block: string, problems: Problems): unknown[] {
  const listed = raw[list] ?? [];
  if (!Array.isArray(listed))
    problems.add(list, `wants a list, not ${show(listed)}`, `or ${block} "name" { } blocks`);
  const given = raw[block] ?? [];
  const named = (Array.isArray(given) ? given : [given]).map((entry: unknown, index: number) => {
    if (isMap(entry)) return withName(entry);
    problems.add(`${block}[${index}]`, `wants a block, not ${show(entry)}`);
    return undefined;
  });
  return [...(Array.isArray(listed) ? listed : []), ...named.filter(entry => entry !== undefined)];
}

function withName({ _labels: labels, ...body }: Record<string, unknown>): Raw {
  const name = Array.isArray(labels) ? labels[0] : undefined;
  return name === undefined ? body : { name, ...body };
}

export function parseInits(list: readonly unknown[], problems: Problems): Raw[] {
  return list.flatMap((init, index) => {
    const path = `inits[${index}]`;
    if (!isMap(init) || typeof init['name'] !== 'string') {
      problems.add(path, 'wants a name', 'init "migrate" { command = ["…"] }');
      return [];
    }
    const { command, docker_options: options, resources, retries, ulimits, ...rest } = init;
    if (!Array.isArray(command)) problems.add(`${path}.command`, 'wants a list of words');
    for (const key of ['image', 'timeout'])
      if (rest[key] !== undefined && typeof rest[key] !== 'string')
        problems.add(`${path}.${key}`, `wants a string, not ${show(rest[key])}`);
    return [
      {
        ...rest,
        command: Array.isArray(command) ? words(`${path}.command`, command, problems) : [],
        ...(retries === undefined ? {} : { retries: wholeNumber(`${path}.retries`, retries, problems) }),
        ...(options === undefined
          ? {}
          : { docker_options: words(`${path}.docker_options`, options, problems) }),
        ...(resources === undefined
          ? {}
          : { resources: parseResources(`${path}.resources`, resources, problems) }),
        ...(ulimits === undefined ? {} : { ulimits: parseUlimits(`${path}.ulimits`, ulimits, problems) }),
      },
    ];
  });
}
