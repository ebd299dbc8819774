/** Tiny plugins in sh, for tests of the double and for tests that need a second plugin. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabController } from './controller.ts';

export interface FakePlugin {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly version?: string;
  /** Command to the sh text that answers it; `$@` are the operator's args. */
  readonly commands: Readonly<Record<string, string>>;
  /** Further files: path to text. Hooks and scripts get the exec bit. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

export async function installFake(lab: LabController, plugin: FakePlugin): Promise<void> {
  const dir = writeFake(plugin);
  try {
    await lab.install(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The caller removes the directory. */
export function writeFake(plugin: FakePlugin): string {
  const dir = mkdtempSync(join(tmpdir(), 'voodu-fake-'));
  mkdirSync(join(dir, 'bin'));
  const cases = Object.entries(plugin.commands).map(([command, body]) => `  ${command})\n${body}\n  ;;`);
  const script = `#!/bin/sh\ncommand=$1; shift\ncase "$command" in\n${cases.join('\n')}\nesac\n`;
  writeFileSync(join(dir, 'bin', 'fake'), script, { mode: 0o755 });
  writeFileSync(join(dir, 'plugin.yml'), pluginYml(plugin));
  for (const [path, text] of Object.entries(plugin.files ?? {})) {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), text);
    if (text.startsWith('#!')) chmodSync(join(dir, path), 0o755);
  }
  return dir;
}

/** An sh text that prints an ok envelope with this data. */
export function reply(data: unknown): string {
  return print({ status: 'ok', data });
}

/** An sh text that prints this JSON (or text) and nothing else. */
export function print(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `printf '%s\\n' '${text.replaceAll("'", "'\\''")}'`;
}

function pluginYml(plugin: FakePlugin): string {
  const env = Object.entries(plugin.env ?? {}).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  return [
    `name: ${plugin.name}`,
    `version: ${plugin.version ?? '0.1.0'}`,
    `aliases: [${(plugin.aliases ?? []).join(', ')}]`,
    'entrypoint: bin/fake',
    'commands:',
    ...Object.keys(plugin.commands).map(command => `  - name: ${command}\n    help: does ${command}`),
    ...(env.length > 0 ? ['env:', ...env] : []),
    '',
  ].join('\n');
}
