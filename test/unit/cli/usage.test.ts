import { expect, it } from 'vitest';
import { command, text } from '../../../src/cli/command.ts';
import { asText } from '../../../src/cli/params.ts';
import { commandHelp, usageLine } from '../../../src/cli/usage.ts';
import { dispatcher } from '../../../src/plugin.ts';

const sample = command({
  name: 'backups:sample',
  summary: 'Do a thing',
  params: {
    ref: { type: 'positional', metavar: '<ref>', doc: 'the cluster', parse: asText },
    id: {
      type: 'positional',
      metavar: '<id>',
      doc: 'the newest where absent',
      optional: true,
      parse: asText,
    },
    maxAge: {
      type: 'flag',
      metavar: '<age>',
      aliases: ['older-than'],
      doc: 'how old',
      required: true,
      parse: asText,
    },
    output: { type: 'flag', short: 'o', metavar: 'json', doc: 'print JSON', parse: asText },
    force: { type: 'switch', doc: 'really' },
    words: { type: 'rest', metavar: '<words>', doc: 'for psql' },
  },
  details: '\nA paragraph.\n',
  examples: [
    { line: 'vd pg:backups:sample s/n', does: 'one' },
    { line: 'vd pg:backups:sample t/n', does: 'another' },
  ],
  run: () => text(''),
});

it('the usage line shows what is required, optional, and after --', () => {
  expect(usageLine(sample)).toBe(
    'vd pg:backups:sample <ref> [<id>] --max-age <age> [-o json] [--force] [-- <words>]',
  );
});

it('help is rendered from the declaration', () => {
  expect(commandHelp(sample)).toBe(`Do a thing

Usage:
  vd pg:backups:sample <ref> [<id>] --max-age <age> [-o json] [--force] [-- <words>]

A paragraph.

Arguments and flags:
  <ref>                          the cluster
  <id>                           the newest where absent
  --max-age, --older-than <age>  how old
  -o, --output json              print JSON
  --force                        really
  -- <words>                     for psql

Examples:
  # one
  vd pg:backups:sample s/n

  # another
  vd pg:backups:sample t/n
`);
});

it.each(dispatcher.commands.map(({ name }) => name))('%s explains itself', name => {
  const found = dispatcher.commands.find(candidate => candidate.name === name)!;
  const help = commandHelp(found);
  expect(help).toContain(`vd pg:${name}`);
  expect(help).not.toMatch(/undefined|\[object/);
});

it.each(dispatcher.commands.filter(({ hidden }) => !hidden).map(({ name }) => name))(
  '%s, shown in the overview, has a summary without a period and an example',
  name => {
    const found = dispatcher.commands.find(candidate => candidate.name === name)!;
    expect(found.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(found.examples.length).toBeGreaterThan(0);
  },
);

// The real vd takes -r as its own remote, and -a, --controller-url too (contract 1.7).
it('no command has a flag that vd keeps for itself', () => {
  for (const { name, params } of dispatcher.commands) {
    for (const [param, declared] of Object.entries(params)) {
      const short = 'short' in declared ? declared.short : undefined;
      expect(`${name} -${short}`).not.toMatch(/ -[ar]$/);
      expect(`${name} ${param}`).not.toMatch(/ (remote|controllerUrl)$/);
    }
  }
});
