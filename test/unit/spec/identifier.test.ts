import { describe, expect, it } from 'vitest';
import {
  checkResourceName,
  identifierProblem,
  isInitdbWord,
  passwordProblem,
} from '../../../src/spec/identifier.ts';

describe('scope and name', () => {
  it.each(['db', 'clowk-lp', 'a_b', '9', 'DB'])('%s names a cluster', name => {
    expect(() => checkResourceName('name', name)).not.toThrow();
  });

  // An asset reference and a container name take no other characters (contract 3.6, 6.2).
  it.each(['a.b', 'a/b', '-a', '_a', 'a b', 'ä', '', 'a\n', '${x}'])('%j cannot', name => {
    expect(() => checkResourceName('scope', name)).toThrow(
      `scope ${JSON.stringify(name)} cannot name a cluster`,
    );
  });
});

describe('roles and databases', () => {
  it.each(['app', '_x', 'App-1', 'a.b', 'a$b', 'x'.repeat(63)])('%s is one', name =>
    expect(identifierProblem(name, true)).toBeUndefined(),
  );
  it.each(['1a', '-a', 'a b', `a'b`, 'a"b', 'a;b', 'ä', 'a\nb', '$a'])('%j is not', name =>
    expect(identifierProblem(name, false)).toMatch(/must begin/),
  );

  it('pg_ is reserved for roles only', () => {
    expect(identifierProblem('pg_stats', false)).toBeUndefined();
    expect(identifierProblem('PG_stats', true)).toMatch(/reserves/);
  });
});

it.each(['C', 'C.UTF-8', 'pt_BR.utf8', 'de_DE@euro', 'UTF8'])('%s may reach initdb', word =>
  expect(isInitdbWord(word)).toBe(true),
);
it.each(['', 'a b', '-x', '$(id)', '`id`', "a'b", 'a;b', 'a\n'])('%j may not', word =>
  expect(isInitdbWord(word)).toBe(false),
);

describe('passwords', () => {
  it.each([`' " \\ $ @ : / % # ?`, '$x', 'a b', '=', '#x', 'pässwörd 🔑', 'x'.repeat(500), '$ {x}'])(
    '%j survives an env file',
    password => {
      expect(passwordProblem(password)).toBeUndefined();
    },
  );
  it.each(['a\nb', 'a\rb', 'a\0b', ' a', 'a ', 'a\t', '\u00a0a', 'a${b', '${b}'])('%j does not', password => {
    expect(passwordProblem(password)).toBeTypeOf('string');
  });
});
