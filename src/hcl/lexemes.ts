/**
 * Where the pieces of an HCL text end. The scanner reads text that the real parser has accepted already,
 * so it only has to find the ends, never to judge.
 */
import { Failure } from '../errors.ts';

export interface Lexeme {
  readonly kind: 'blank' | 'newline' | 'comment' | 'text' | 'open' | 'close' | 'other';
  /** Offset after it. */
  readonly end: number;
}

const patterns = {
  blank: /[ \t\r\uFEFF]+/y,
  comment: /#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//y,
  heredoc: /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy,
  line: /[^\n]*/y,
  identifier: /[\p{ID_Start}_][\p{ID_Continue}-]*/uy,
};

/** The lexeme that starts at an offset: a string or a heredoc is one, with all that it nests. */
export function lexeme(text: string, at: number): Lexeme {
  const blank = matchAt(patterns.blank, text, at);
  if (blank) return { kind: 'blank', end: at + blank[0].length };
  const comment = matchAt(patterns.comment, text, at);
  if (comment) return { kind: 'comment', end: at + comment[0].length };
  const heredoc = matchAt(patterns.heredoc, text, at);
  if (heredoc?.[1]) return { kind: 'text', end: heredocEnd(text, at + heredoc[0].length, heredoc[1]) };
  const identifier = identifierAt(text, at);
  if (identifier) return { kind: 'other', end: at + identifier.length };
  const character = text[at] ?? '';
  if (character === '"') return { kind: 'text', end: quotedEnd(text, at + 1) };
  if (character === '\n') return { kind: 'newline', end: at + 1 };
  if ('([{'.includes(character)) return { kind: 'open', end: at + 1 };
  if (')]}'.includes(character)) return { kind: 'close', end: at + 1 };
  return { kind: 'other', end: at + 1 };
}

export function identifierAt(text: string, at: number): string | undefined {
  return matchAt(patterns.identifier, text, at)?.[0];
}

function quotedEnd(text: string, start: number): number {
  for (let at = start; at < text.length; ) {
    if (text[at] === '"') return at + 1;
    at = text[at] === '\\' ? at + 2 : templateUnitEnd(text, at);
  }
  throw unexpectedEnd();
}

/** The end of the closing marker, before its newline: the newline ends the attribute. */
function heredocEnd(text: string, start: number, marker: string): number {
  for (let at = start; at < text.length; at += 1) {
    const content = matchAt(patterns.line, text, at)?.[0] ?? '';
    if (content.trim() === marker) return at + content.trimEnd().length;
    while (at < text.length && text[at] !== '\n') at = templateUnitEnd(text, at);
  }
  throw unexpectedEnd();
}

/** One character of a template, or an escape, or a whole `${…}` (which may hold quotes, braces and newlines). */
function templateUnitEnd(text: string, at: number): number {
  if (text.startsWith('$${', at) || text.startsWith('%%{', at)) return at + 3;
  if (text.startsWith('${', at) || text.startsWith('%{', at)) return sequenceEnd(text, at + 2);
  return at + 1;
}

function sequenceEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const { kind, end } = lexeme(text, at);
    if (kind === 'close' && depth === 0) return end;
    if (kind === 'open') depth += 1;
    if (kind === 'close') depth -= 1;
    at = end;
  }
  throw unexpectedEnd();
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function unexpectedEnd(): Failure {
  return new Failure('internal', 'the hcl text ends inside a value although the parser accepted it');
}
