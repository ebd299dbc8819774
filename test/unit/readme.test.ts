/** README.md, and the examples of every command, say only what can be typed: blocks expand, command lines parse, links lead somewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillMarkers } from '../../src/build/docs/markers.ts';
import { readmeSections } from '../../src/build/docs/readme-sections.ts';
import { parseArgv } from '../../src/cli/parse-argv.ts';
import { parseHcl } from '../../src/edges/hcl.ts';
import { expand } from '../../src/expand/expand.ts';
import { loadBlocks } from '../../src/hcl/load-blocks.ts';
import { plugin } from '../../src/identity.ts';
import { dispatcher } from '../../src/plugin.ts';
import { parseExpandRequest } from '../../src/protocol/expand-request.ts';
import { readArgv } from '../support/controller/vd-argv.ts';
import { countedHex, manifestOf } from '../support/expansion.ts';

const root = join(import.meta.dirname, '../..');
const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docs/upgrade-from-go.md'];
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');
/** What people wrote; the generated parts come from the declarations themselves. */
const writtenOf = (page: string) =>
  page === 'README.md' ? fillMarkers(textOf(page), emptied(readmeSections())) : textOf(page);

const emptied = (sections: Record<string, string>) =>
  Object.fromEntries(Object.keys(sections).map(name => [name, '']));

interface Fenced {
  readonly at: string;
  readonly language: string;
  readonly text: string;
}

const fenced: readonly Fenced[] = pages.flatMap(page =>
  [...textOf(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(match => ({
    at: `${page}:${textOf(page).slice(0, match.index).split('\n').length}`,
    language: match[1]!,
    text: match[2]!,
  })),
);

describe('blocks of HCL', () => {
  const blocks = fenced.filter(({ language }) => language === 'hcl');
  const kinds: readonly string[] = [plugin.name, ...plugin.aliases];

  it('are many', () => expect(blocks.length).toBeGreaterThan(10));

  it.each(blocks)('$at expands', async ({ text }) => {
    const loaded = await load(text);
    const ours = loaded.filter(({ kind }) => kinds.includes(kind));
    expect(ours.length > 0 || loaded.length > 0).toBe(true);
    for (const block of ours) {
      const request = parseExpandRequest(JSON.stringify({ ...block, config: {} }));
      const data = expand(request, { root: '/opt/voodu', randomHex: countedHex() });
      expect(manifestOf(data, 'statefulset')).toMatchObject({ scope: block.scope, name: block.name });
    }
  });

  /** What has no labels is the inside of a block. */
  async function load(text: string) {
    const isFile = /^\w+ "/m.test(text);
    return loadBlocks('README.md', isFile ? text : `postgres "my-app" "db" {\n${text}\n}\n`, {}, parseHcl);
  }
});

describe('command lines', () => {
  const inBlocks = fenced
    .filter(({ language }) => ['bash', 'sh', 'text', ''].includes(language))
    .flatMap(({ at, text }) => text.split('\n').map(line => ({ at, line: line.trim() })));
  const inText = pages.flatMap(page =>
    [
      ...writtenOf(page)
        .replaceAll(/^```[\s\S]*?^```$/gm, '')
        .matchAll(/`(vd [^`]+)`/g),
    ].map(match => ({
      at: page,
      line: match[1]!,
    })),
  );
  const inExamples = dispatcher.commands.flatMap(({ name, examples }) =>
    examples.map(({ line }) => ({ at: `examples of ${name}`, line })),
  );
  const lines = [...inBlocks, ...inExamples].filter(({ line }) => /^(vd|voodu-postgres) /.test(line));

  it('are many', () => {
    expect(lines.length).toBeGreaterThan(80);
    expect(inText.length).toBeGreaterThan(20);
  });

  it.each(lines)('$at: $line', ({ line }) => {
    const [program, ...words] = shellWords(fillIn(line));
    if (program === 'voodu-postgres') return parse(words[0]!, words.slice(1));
    const invocation = readArgv(words);
    expect(['plugin', 'built-in']).toContain(invocation.to);
    if (invocation.to === 'plugin') {
      expect([plugin.name, ...plugin.aliases]).toContain(invocation.plugin);
      parse(invocation.command, invocation.args);
    }
  });

  it('in the running text name commands that are there, and parse where they are whole', () => {
    for (const { at, line } of inText) {
      const name = /^vd (?:pg|postgres):([a-z:-]+)/.exec(line)?.[1];
      if (name === undefined) continue;
      const words = shellWords(fillIn(line)).slice(2);
      expect(
        dispatcher.commands.map(command => command.name),
        `${at}: ${line}`,
      ).toContain(name);
      if (words.length > 0 && !line.includes('…')) parse(name, words);
    }
  });

  it('`make` verbs are verbs of the Makefile', () => {
    const verbs = [...textOf('Makefile').matchAll(/^([a-z0-9-]+):.*## /gm)].map(match => match[1]);
    const typed = [
      ...inBlocks.map(({ line }) => line),
      ...pages.flatMap(page => [...writtenOf(page).matchAll(/`(make [^`]+)`/g)].map(match => match[1]!)),
    ].flatMap(line =>
      /^make [a-z]/.test(line) ? line.replace(/#.*$/, '').trim().split(/\s+/).slice(1) : [],
    );
    expect(typed.length).toBeGreaterThan(8);
    expect(typed.filter(word => !word.includes('=') && !verbs.includes(word))).toEqual([]);
  });

  function parse(name: string, args: readonly string[]): void {
    const found = dispatcher.commands.find(command => command.name === name);
    expect(found, name).toBeDefined();
    if (!args.includes('--help')) parseArgv(found!, args);
  }
});

/** Words a reader replaces, replaced. */
function fillIn(line: string): string {
  return line
    .replaceAll('<scope>/<name>', 'my-app/db')
    .replaceAll('<hex>', 'ab'.repeat(32))
    .replaceAll('<id>', 'b007')
    .replaceAll('<n>', '1')
    .replaceAll('<age>', '7d')
    .replaceAll('<path>', '/srv/file');
}

/** The first command of a line as a shell splits it: quotes, comments, and what another command or a file takes over. */
function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const [token, double, single] of line.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g)) {
    if (/^(#|[|<>;&])/.test(token)) break;
    words.push(double ?? single ?? token);
  }
  return words;
}

describe('links', () => {
  const anchorsOf = (page: string) =>
    new Set(
      [
        ...textOf(page)
          .replaceAll(/^```[\s\S]*?^```$/gm, '')
          .matchAll(/^#+ (.*)$/gm),
      ].map(match =>
        match[1]!
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
          .replaceAll(' ', '-'),
      ),
    );
  const linksOf = (page: string) => [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1]!);

  it.each(pages)('of %s lead somewhere', page => {
    const broken = linksOf(page)
      .filter(target => !/^https?:/.test(target))
      .filter(target => {
        const [file = '', anchor] = target.split('#');
        const path = file === '' ? page : join(page, '..', file);
        if (!existsSync(join(root, path))) return true;
        return anchor !== undefined && !anchorsOf(path).has(anchor);
      });
    expect(broken).toEqual([]);
  });

  it("the README's table of contents has every heading of two levels", () => {
    const headings = [
      ...textOf('README.md')
        .replaceAll(/^```[\s\S]*?^```$/gm, '')
        .matchAll(/^###? (.*)$/gm),
    ]
      .map(match => match[1]!)
      .filter(heading => heading !== 'Table of contents');
    const listed = [...textOf('README.md').matchAll(/^ *- \[(.*)\]\(#.*\)$/gm)].map(match => match[1]);
    expect(listed).toEqual(headings);
  });
});
