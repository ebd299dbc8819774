/**
 * What stands where in an HCL file: attributes with the text of their value, blocks with their labels, in source
 * order. hcl2json groups blocks by type and label and wraps them in lists, so from its output alone a block and a
 * list of objects look the same and the order is gone; the outline keeps both.
 */
import { Failure } from '../errors.ts';
import { identifierAt, lexeme } from './lexemes.ts';

export interface Attribute {
  readonly type: 'attribute';
  readonly name: string;
  /** The value as it is written, without what follows it on the line. */
  readonly expression: string;
  /** A bare object key with a dot in it, which HCL parses and the controller refuses. */
  readonly dottedKey: string | undefined;
  readonly line: number;
}

export interface Section {
  readonly type: 'block';
  readonly name: string;
  /** Each label as a string expression, quotes included. */
  readonly labels: readonly string[];
  readonly body: readonly Item[];
  readonly line: number;
}

export type Item = Attribute | Section;

interface Cursor {
  readonly text: string;
  at: number;
}

/** The outline of a text that the HCL parser accepts. */
export function outline(text: string): readonly Item[] {
  return readBody({ text, at: 0 });
}

function readBody(cursor: Cursor): Item[] {
  const items: Item[] = [];
  for (;;) {
    skipBlank(cursor);
    if (cursor.at >= cursor.text.length) return items;
    if (cursor.text[cursor.at] === '}') {
      cursor.at += 1;
      return items;
    }
    items.push(readItem(cursor));
  }
}

function readItem(cursor: Cursor): Item {
  const line = cursor.text.slice(0, cursor.at).split('\n').length;
  const name = readIdentifier(cursor);
  const labels: string[] = [];
  for (;;) {
    skipBlank(cursor);
    const next = cursor.text[cursor.at];
    if (next === '=') {
      cursor.at += 1;
      return { type: 'attribute', name, line, ...readExpression(cursor) };
    }
    if (next === '{') {
      cursor.at += 1;
      return { type: 'block', name, labels, line, body: readBody(cursor) };
    }
    labels.push(next === '"' ? readQuoted(cursor) : JSON.stringify(readIdentifier(cursor)));
  }
}

/** Up to the end of the line, or the brace that closes a one-line block; brackets carry it over lines. */
function readExpression(cursor: Cursor): Pick<Attribute, 'expression' | 'dottedKey'> {
  skipBlank(cursor);
  const start = cursor.at;
  let depth = 0;
  let bare = '';
  let end = start;
  while (cursor.at < cursor.text.length) {
    const next = lexeme(cursor.text, cursor.at);
    if (depth === 0 && (next.kind === 'newline' || next.kind === 'close')) break;
    if (next.kind === 'open') depth += 1;
    if (next.kind === 'close') depth -= 1;
    if (next.kind === 'comment') bare += ' ';
    else if (next.kind === 'text') bare += '""';
    else bare += cursor.text.slice(cursor.at, next.end);
    cursor.at = next.end;
    if (next.kind !== 'blank' && (next.kind !== 'comment' || depth > 0)) end = next.end;
  }
  return { expression: cursor.text.slice(start, end), dottedKey: dottedKeyIn(bare) };
}

function dottedKeyIn(bare: string): string | undefined {
  return /[\p{ID_Start}_][\p{ID_Continue}-]*(?:\s*\.\s*[\p{ID_Start}_][\p{ID_Continue}-]*)+(?=\s*[=:](?![=>]))/u.exec(
    bare,
  )?.[0];
}

function readIdentifier(cursor: Cursor): string {
  const name = identifierAt(cursor.text, cursor.at);
  if (name === undefined) {
    throw new Failure('internal', `no name at offset ${cursor.at} of an hcl text that the parser accepted`);
  }
  cursor.at += name.length;
  return name;
}

function readQuoted(cursor: Cursor): string {
  const { end } = lexeme(cursor.text, cursor.at);
  const quoted = cursor.text.slice(cursor.at, end);
  cursor.at = end;
  return quoted;
}

function skipBlank(cursor: Cursor): void {
  while (cursor.at < cursor.text.length) {
    const { kind, end } = lexeme(cursor.text, cursor.at);
    if (kind !== 'blank' && kind !== 'newline' && kind !== 'comment') return;
    cursor.at = end;
  }
}
