/** A PATH of our own making: what a script finds on a host that has this and lacks that. */
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** `tools` are this machine's own; `fakes` are shell scripts by name. Returns the directory. */
export function toolPath(
  parent: string,
  tools: readonly string[],
  fakes: Readonly<Record<string, string>> = {},
): string {
  const directory = mkdtempSync(join(parent, 'path-'));
  for (const tool of tools.filter(tool => !Object.hasOwn(fakes, tool)))
    symlinkSync(locate(tool), join(directory, tool));
  for (const [name, script] of Object.entries(fakes)) writeScript(join(directory, name), script);
  return directory;
}

export function writeScript(path: string, script: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function locate(tool: string): string {
  for (const directory of ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
    try {
      accessSync(join(directory, tool), constants.X_OK);
      return join(directory, tool);
    } catch {
      // not there
    }
  }
  throw new Error(`this machine has no ${tool}`);
}
