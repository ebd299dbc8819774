import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../../src/build/docs/generated-files.ts';
import { markdownTable } from '../../../src/build/docs/markdown-table.ts';
import { fillMarkers } from '../../../src/build/docs/markers.ts';
import { renderPluginYml } from '../../../src/build/docs/plugin-yml.ts';
import { plugin } from '../../../src/identity.ts';
import { dispatcher } from '../../../src/plugin.ts';
import { parseYaml } from '../../support/controller/yaml.ts';

it.each(generatedFiles)('$path is what `make generate` writes', ({ path, render }) => {
  const current = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  expect(current).toBe(render(current));
});

describe('plugin.yml', () => {
  const text = renderPluginYml(plugin, [
    ...dispatcher.commands,
    { ...dispatcher.commands[0]!, name: 'hidden:one', hidden: true, summary: 'a "quoted": #summary' },
  ]);
  const read = parseYaml(text) as Record<string, unknown>;

  it('says who we are, as the package does', () => {
    expect(read).toMatchObject({
      name: 'postgres',
      version: plugin.version,
      aliases: ['pg'],
      entrypoint: 'bin/voodu-postgres',
    });
  });

  // The controller refuses what is not declared (contract 1.2, 2.4).
  it('declares every command, hidden ones included', () => {
    expect(read['commands']).toEqual([
      ...dispatcher.commands.map(({ name, summary }) => ({ name, help: summary })),
      { name: 'hidden:one', help: 'a "quoted": #summary' },
    ]);
  });
});

describe('generated parts of a page', () => {
  const page = 'a\n<!-- generated: x -->\nold\n<!-- /generated -->\nb\n';

  it('are replaced, and a second time nothing changes', () => {
    const filled = fillMarkers(page, { x: 'new $& $1' });
    expect(filled).toBe('a\n<!-- generated: x -->\n\nnew $& $1\n\n<!-- /generated -->\nb\n');
    expect(fillMarkers(filled, { x: 'new $& $1' })).toBe(filled);
  });

  it('that nobody renders, or that have no place, stop the generator', () => {
    expect(() => fillMarkers(page, {})).toThrow('nothing renders <!-- generated: x -->');
    expect(() => fillMarkers(page, { x: '', y: '' })).toThrow('the page has no <!-- generated: y -->');
  });

  it('keep a table a table whatever its cells hold', () => {
    expect(markdownTable(['a'], [['x|y\nz']])).toBe('| a |\n|---|\n| x\\|y z |');
  });
});
