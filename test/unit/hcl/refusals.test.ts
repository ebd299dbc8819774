import { describe, expect, it } from 'vitest';
import { parseHcl } from '../../../src/edges/hcl.ts';
import { formatFailure } from '../../../src/errors.ts';
import { loadBlocks } from '../../../src/hcl/load-blocks.ts';

/** The failure as an operator reads it. */
async function refusal(text: string): Promise<string> {
  const error: unknown = await loadBlocks('voodu.hcl', text, {}, parseHcl).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'Failure', kind: 'spec' });
  return formatFailure(error);
}

describe('what hcl itself refuses', () => {
  it('names file and line, with the sentence of the parser as the hint', async () => {
    expect(await refusal('postgres "s" "n" {\n  a = 1\n  a = 2\n}\n')).toBe(
      [
        'voodu.hcl:3: attribute redefined',
        'hint: The argument "a" was already set at voodu.hcl:2,3-4. Each argument may be set only once.',
      ].join('\n'),
    );
  });

  it('lists what else the parser found', async () => {
    const text = await refusal('pg "s" "n" {\n  a = 1\n  a = 2\n  b = 1\n  b = 2\n}\n');
    expect(text).toMatch(/^voodu\.hcl:3: attribute redefined\n {2}voodu\.hcl:5: attribute redefined — /);
  });

  it.each([
    ['a block in a one-line block', 'a { b { } }', 'voodu.hcl:1: argument definition required'],
    ['a block that never ends', 'a "x" {\n', 'voodu.hcl:1: unclosed configuration block'],
    ['a quoted text over two lines', 'a {\n b = "x\n"\n}', 'voodu.hcl:2: invalid multi-line string'],
    ['single quotes', "a {\n b = 'x'\n}", 'voodu.hcl:2: invalid character'],
  ])('refuses %s', async (_, text, message) => {
    expect(await refusal(text)).toContain(message);
  });

  it('takes a filename with signs of a pattern', async () => {
    const read = loadBlocks('a+(b).hcl', 'a = ', {}, parseHcl);
    await expect(read).rejects.toThrow('a+(b).hcl:1: missing expression');
  });
});

describe('what the controller refuses', () => {
  it.each([
    ['a variable', 'foo', '${foo}'],
    ['a traversal', 'foo.bar[0]', '${foo.bar[0]}'],
    ['a function', 'max(1, 2)', '${max(1, 2)}'],
    ['a call inside a list', '[1, f("}")]', '${f("}")}'],
    ['a call inside a template', '"x ${f(1)} y"', '${f(1)} y'],
    ['a directive', '"%{ if true }x%{ endif }"', '%{if true}x%{endif}'],
    ['a call inside a heredoc', '<<EOT\nx\n${f(1)}\nEOT', '${f(1)}'],
    ['a computed key', '{ (k) = 1 }', '${(k)}'],
    ['a number no float64 holds', '1e400', 'a number beyond 1.8e308'],
  ])('refuses %s', async (_, expression, named) => {
    expect(await refusal(`postgres "s" "n" {\n  backup {\n    keep = ${expression}\n  }\n}\n`)).toMatch(
      `voodu.hcl:3: backup.keep is not a plain value: ${named}\nhint: `,
    );
  });

  it('refuses a bare key with a dot, which hcl2json would take', async () => {
    expect(
      await refusal('postgres "s" "n" {\n  pg_config = {\n    auto_explain.log_analyze = true\n  }\n}'),
    ).toBe(
      [
        'voodu.hcl:2: pg_config has a key with a dot in it: auto_explain.log_analyze',
        'hint: Put the key in quotes: "auto_explain.log_analyze" = …',
      ].join('\n'),
    );
  });

  it('refuses more than two labels, an empty name and a second block of one identity', async () => {
    expect(await refusal('x {}\npostgres "a" "b" "c" {}')).toMatch(
      'voodu.hcl:2: postgres block: too many labels (max 2: scope and name)',
    );
    expect(await refusal('postgres "a" "" {}')).toMatch(
      'voodu.hcl:1: postgres block: name must be non-empty',
    );
    expect(await refusal('pg "s" "n" {}\nx {}\n\npg "s" "n" {}')).toBe(
      [
        'voodu.hcl:4: duplicate identity pg/s/n: declared more than once',
        'hint: The first one is on line 1; keep one of them or give it another name.',
      ].join('\n'),
    );
  });

  it('refuses undefined variables before it reads any hcl', async () => {
    expect(await refusal('} # ${X} ${Y}')).toMatch('undefined variable(s): X, Y\nhint: ');
  });
});

describe('where the preview is stricter than the controller', () => {
  // The controller evaluates constants; hcl2json leaves these as text, so the preview asks for the value.
  it.each(['60 * 60', '(5)', 'true ? 1 : 2', '[for x in [1] : x]', '"a" == "b"'])(
    'refuses %s',
    async text => {
      expect(await refusal(`pg "s" "n" {\n  a = ${text}\n}\n`)).toMatch(
        'voodu.hcl:2: a is not a plain value: ${',
      );
    },
  );

  it('takes the constants that hcl2json evaluates', async () => {
    const blocks = await loadBlocks(
      'f',
      'pg "s" "n" {\n a = "${1}"\n b = "x${"y"}"\n c = !true\n}',
      {},
      parseHcl,
    );
    expect(blocks[0]?.spec).toEqual({ a: 1, b: 'xy', c: false });
  });
});

it('reports a parser that cannot start as a bug, not as a bad file', async () => {
  const broken = () => Promise.reject(new Error('ENOENT: main.wasm.gz'));
  await expect(loadBlocks('f', 'a {}', {}, broken)).rejects.toMatchObject({
    kind: 'internal',
    message: 'cannot parse hcl: ENOENT: main.wasm.gz',
  });
});
