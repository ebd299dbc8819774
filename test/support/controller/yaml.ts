/**
 * The YAML a plugin.yml is written in: block mappings and lists, flow lists and maps, quoted and plain scalars,
 * `|` and `>` blocks, comments. Scalars stay text (`version: 1.0` is "1.0", as yaml.v3 gives a string field).
 * Left out: anchors, tags, multi-line plain scalars.
 */

interface Line {
  readonly indent: number;
  readonly text: string;
  readonly number: number;
}

export function parseYaml(source: string): unknown {
  const lines = source
    .split('\n')
    .map((raw, i) => ({ indent: raw.length - raw.trimStart().length, text: raw.trim(), number: i + 1, raw }))
    .filter(line => line.text !== '---');
  const cursor = { lines, at: 0 };
  skipBlank(cursor);
  if (cursor.at >= lines.length) return null;
  const value = parseBlock(cursor, cursor.lines[cursor.at]!.indent);
  skipBlank(cursor);
  if (cursor.at < lines.length) throw yamlError(lines[cursor.at]!, 'did not find expected key');
  return value;
}

interface Cursor {
  readonly lines: (Line & { raw: string })[];
  at: number;
}

const yamlError = (line: Line, what: string) => new Error(`yaml: line ${line.number}: ${what}`);

function skipBlank(cursor: Cursor): void {
  while (cursor.at < cursor.lines.length && /^(#|$)/.test(cursor.lines[cursor.at]!.text)) cursor.at++;
}

function parseBlock(cursor: Cursor, indent: number): unknown {
  const first = cursor.lines[cursor.at]!;
  if (/^-(\s|$)/.test(first.text)) return parseList(cursor, indent);
  if (splitKey(first.text) === undefined) {
    cursor.at++;
    return scalar(first.text, first);
  }
  return parseMap(cursor, indent);
}

function parseList(cursor: Cursor, indent: number): unknown[] {
  const out: unknown[] = [];
  for (;;) {
    skipBlank(cursor);
    const line = cursor.lines[cursor.at];
    if (line === undefined || line.indent !== indent || !/^-(\s|$)/.test(line.text)) return out;
    const rest = line.text.slice(1).trimStart();
    if (rest === '' || rest.startsWith('#')) {
      cursor.at++;
      skipBlank(cursor);
      const next = cursor.lines[cursor.at];
      out.push(next !== undefined && next.indent > indent ? parseBlock(cursor, next.indent) : null);
    } else {
      const inner = indent + (line.text.length - rest.length);
      cursor.lines[cursor.at] = { ...line, indent: inner, text: rest };
      out.push(parseBlock(cursor, inner));
    }
  }
}

function parseMap(cursor: Cursor, indent: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (;;) {
    skipBlank(cursor);
    const line = cursor.lines[cursor.at];
    if (line === undefined || line.indent < indent) return out;
    const pair = splitKey(line.text);
    if (pair === undefined || line.indent > indent) throw yamlError(line, "could not find expected ':'");
    cursor.at++;
    out[pair.key] = parseValue(cursor, line, pair.rest, indent);
  }
}

function parseValue(cursor: Cursor, line: Line, rest: string, indent: number): unknown {
  if (/^[|>][+-]?$/.test(rest)) return parseTextBlock(cursor, rest, indent);
  if (rest !== '' && !rest.startsWith('#')) return scalar(rest, line);
  skipBlank(cursor);
  const next = cursor.lines[cursor.at];
  if (next === undefined) return null;
  const listAtSameIndent = next.indent === indent && /^-(\s|$)/.test(next.text);
  return next.indent > indent || listAtSameIndent ? parseBlock(cursor, next.indent) : null;
}

function parseTextBlock(cursor: Cursor, style: string, indent: number): string {
  const taken: string[] = [];
  let inner: number | undefined;
  for (; cursor.at < cursor.lines.length; cursor.at++) {
    const line = cursor.lines[cursor.at]!;
    if (line.raw.trim() !== '' && line.indent <= indent) break;
    inner ??= line.raw.trim() === '' ? undefined : line.indent;
    taken.push(line.raw.slice(inner ?? 0));
  }
  const text = taken.join(style.startsWith('>') ? ' ' : '\n').trimEnd();
  return style.endsWith('-') ? text : text + '\n';
}

function splitKey(text: string): { key: string; rest: string } | undefined {
  const match =
    /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'[{#&*!|>%@`][^:#]*(?::[^\s:#][^:#]*)*?)\s*:(?:\s+(.*))?$/.exec(
      text,
    );
  if (match === null) return undefined;
  return { key: String(unquote(match[1]!.trim())), rest: stripComment(match[2] ?? '') };
}

function stripComment(text: string): string {
  if (/^["']/.test(text)) return text.replace(/^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*#.*$/, '$1').trim();
  return text.replace(/(^|\s)#.*$/, '').trim();
}

function scalar(raw: string, line: Line): unknown {
  const text = stripComment(raw);
  if (text.startsWith('[') || text.startsWith('{')) {
    const flow = parseFlow(text, 0, line);
    if (text.slice(flow.end).trim() !== '') throw yamlError(line, "did not find expected ',' or end");
    return flow.value;
  }
  return unquote(text);
}

function parseFlow(text: string, start: number, line: Line): { value: unknown; end: number } {
  const opener = text[start]!;
  const closer = opener === '[' ? ']' : '}';
  const list: unknown[] = [];
  const object: Record<string, unknown> = {};
  let at = start + 1;
  for (;;) {
    at += /^[\s,]*/.exec(text.slice(at))![0].length;
    if (at >= text.length) throw yamlError(line, `did not find expected '${closer}'`);
    if (text[at] === closer) return { value: opener === '[' ? list : object, end: at + 1 };
    let key: string | undefined;
    if (opener === '{') {
      const match = /^("(?:[^"\\]|\\.)*"|'[^']*'|[^:,{}[\]]+)\s*:\s*/.exec(text.slice(at));
      if (match === null) throw yamlError(line, "could not find expected ':'");
      key = String(unquote(match[1]!.trim()));
      at += match[0].length;
    }
    const item = /^[[{]/.test(text[at] ?? '') ? parseFlow(text, at, line) : flowScalar(text, at);
    at = item.end;
    if (key === undefined) list.push(item.value);
    else object[key] = item.value;
  }
}

function flowScalar(text: string, at: number): { value: unknown; end: number } {
  const match = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,{}[\]]*)/.exec(text.slice(at))!;
  return { value: unquote(match[0].trim()), end: at + match[0].length };
}

function unquote(text: string): unknown {
  if (text.startsWith('"')) return JSON.parse(text);
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (text === '' || text === '~' || text === 'null') return null;
  return text;
}
