/** The rules of the house that a reader relies on. A file that breaks one is named with what it does. */
import { describe, expect, it } from 'vitest';
import { type Import, type Source, sourceFiles } from '../support/source-files.ts';

const sources = sourceFiles('src/**/*.ts').filter(({ path }) => !path.endsWith('.d.ts'));

/** `src/expand/asset.ts` → `expand`; files directly in src have rooms of their own. */
const roomOf = (path: string): string => path.split('/')[1]!.replace(/\.ts$/, '');

/** What a room may import besides itself. Types cost nothing at run time, but they point the same way. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  bin: ['main'],
  main: ['cli', 'edges', 'errors', 'io', 'plugin', 'protocol'],
  plugin: ['cli', 'commands'],
  commands: [
    'backup',
    'cli',
    'cluster',
    'errors',
    'expand',
    'failover',
    'format',
    'hcl',
    'identity',
    'io',
    'plugin',
    'postgres',
    'protocol',
    'render',
    'spec',
  ],
  backup: ['cluster', 'errors', 'io', 'once', 'postgres', 'protocol', 'render', 'spec'],
  failover: ['cluster', 'errors', 'format', 'io', 'postgres', 'protocol', 'render', 'spec'],
  expand: ['cluster', 'errors', 'hcl', 'io', 'protocol', 'render', 'spec'],
  render: ['errors', 'spec'],
  postgres: ['errors', 'io', 'once', 'render', 'spec'],
  cluster: ['errors', 'format', 'io', 'once', 'postgres', 'protocol', 'render', 'spec'],
  protocol: ['errors'],
  spec: ['errors'],
  cli: ['errors', 'format', 'io', 'protocol', 'spec'],
  edges: ['errors', 'hcl', 'io', 'protocol', 'spec'],
  hcl: ['errors'],
  io: ['hcl'],
  errors: [],
  format: [],
  identity: [],
  once: [],
};

/** Known exceptions, each `importer → imported`, with why it stands. An exception nobody uses is an error too. */
const exceptions: Readonly<Record<string, string>> = {
  'src/commands/help.ts → src/plugin.ts': 'the overview lists the commands of which it is one',
};

/** A parameter's own `parse` says what it wants by throwing Unfit, wherever the value it reads is at home. */
const isUnfit = (target: string): boolean => target === 'src/cli/params.ts';

const isWorld = (path: string) => /^src\/(edges|build)\/|^src\/(main|bin)\.ts$/.test(path);

/** `file: thing` for every import that a rule forbids. */
const offences = (files: readonly Source[], forbidden: (file: Source, what: Import) => boolean): string[] =>
  files.flatMap(file =>
    file.imports.filter(what => forbidden(file, what)).map(what => `${file.path} → ${what.target}`),
  );

describe('imports', () => {
  it('have been found at all', () => {
    expect(sources.length).toBeGreaterThan(40);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(100);
  });

  it('point one way: main → edges, commands → expand → render, cluster → spec, protocol → errors', () => {
    const found = offences(
      sources.filter(({ path }) => roomOf(path) !== 'build'),
      (file, { own, target }) =>
        own &&
        target.startsWith('src/') &&
        !isUnfit(target) &&
        roomOf(target) !== roomOf(file.path) &&
        !(mayImport[roomOf(file.path)] ?? []).includes(roomOf(target)),
    );
    expect(found.filter(offence => !Object.hasOwn(exceptions, offence))).toEqual([]);
    const stale = Object.keys(exceptions).filter(
      offence => !offence.startsWith('src/commands/') && !found.includes(offence),
    );
    expect(stale).toEqual([]);
  });

  it('know every room', () => {
    const rooms = new Set(sources.map(({ path }) => roomOf(path)));
    expect([...rooms].filter(room => room !== 'build' && mayImport[room] === undefined)).toEqual([]);
  });

  it('leave cli without postgres: of spec it may use what finds near words', () => {
    const cli = sources.filter(({ path }) => path.startsWith('src/cli/'));
    expect(
      offences(cli, (_file, { target }) => roomOf(target) === 'spec' && target !== 'src/spec/nearest.ts'),
    ).toEqual([]);
    expect(cli.filter(({ code }) => /postgresql|pg_|replica/i.test(code)).map(({ path }) => path)).toEqual(
      [],
    );
  });

  it('reach src/build from nowhere else', () => {
    const others = sources.filter(({ path }) => roomOf(path) !== 'build');
    expect(offences(others, (_file, { target }) => target.startsWith('src/build/'))).toEqual([]);
  });

  it('form no circle among modules, types aside, but those of help, which lists the commands', () => {
    expect(circles().filter(circle => !circle.includes('src/plugin.ts'))).toEqual([]);
  });
});

describe('libraries', () => {
  const thirdParty = ({ own, target }: Import) => !own && !target.startsWith('node:');
  const librariesOf = (file: Source) => [
    ...new Set(file.imports.filter(thirdParty).map(({ target }) => target)),
  ];
  const shipped = sources.filter(({ path }) => roomOf(path) !== 'build');

  it('are one to an edge', () => {
    const many = shipped
      .filter(({ path }) => path.startsWith('src/edges/'))
      .filter(file => librariesOf(file).filter(library => library !== 'zod').length > 1);
    expect(many.map(file => `${file.path}: ${librariesOf(file).join(', ')}`)).toEqual([]);
  });

  it("are nowhere else, but zod where outside data gets its type, and the templates' runtime in its one place", () => {
    const allowed = (file: Source, { target }: Import) =>
      file.path.startsWith('src/edges/') ||
      (target === 'zod' && /^src\/(protocol|spec|cluster|postgres|backup)\//.test(file.path)) ||
      (target === 'handlebars' && file.path === 'src/render/template-runtime.ts');
    expect(offences(shipped, (file, what) => thirdParty(what) && !allowed(file, what))).toEqual([]);
  });

  it('of zod are the part that a start can afford', () => {
    expect(shipped.filter(({ code }) => /'zod(?!\/mini')/.test(code)).map(({ path }) => path)).toEqual([]);
  });

  it('are loaded late by the edges: expand runs on every apply and needs none of them', () => {
    const io = sources.find(({ path }) => path === 'src/edges/io.ts')!;
    expect(io.code).not.toMatch(/^import (?!type).*'\.\/(controller|docker|postgres-login|files|hcl)\.ts'/m);
  });
});

describe('the world outside', () => {
  const pure = sources.filter(({ path }) => !isWorld(path));

  it.each([
    ['the process', /\bprocess\./],
    ['the clock', /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b/],
    ['chance', /\bMath\.random\b|\brandom(UUID|Bytes)\b/],
    ['the console', /\bconsole\./],
    ['the network', /\bfetch\(/],
    ['timers', /\bset(Timeout|Interval|Immediate)\(/],
    ["a clock's time zone", /\.(getHours|getTimezoneOffset|toLocale\w*)\(/],
  ])('%s is asked in the edges only', (_, pattern) => {
    expect(pure.filter(({ code }) => pattern.test(code)).map(({ path }) => path)).toEqual([]);
  });

  it("node's modules are imported in the edges only", () => {
    expect(offences(pure, (_file, { target }) => target.startsWith('node:'))).toEqual([]);
  });
});

describe('rooms', () => {
  it('are small: no file over 300 lines', () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });

  it('are named for what they hold', () => {
    const vague = sources.filter(({ path }) =>
      /(^|\/|-)(utils?|helpers?|common|misc|shared)(\.|\/)/.test(path),
    );
    expect(vague.map(({ path }) => path)).toEqual([]);
  });

  it('have names in kebab case', () => {
    expect(
      sources
        .map(({ path }) => path)
        .filter(path => !/^src\/([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(path)),
    ).toEqual([]);
  });

  it('use no library class or namespace syntax that node cannot strip', () => {
    expect(
      sources
        .filter(({ code }) => /^\s*(export )?(const )?enum |^\s*(export )?namespace /m.test(code))
        .map(({ path }) => path),
    ).toEqual([]);
  });
});

/** Every import circle at run time, as `a → b → a`. */
function circles(): string[] {
  const edges = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.filter(({ own, typeOnly }) => own && !typeOnly).map(({ target }) => target),
    ]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return found;
}
