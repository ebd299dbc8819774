/** Composed names: containers, volumes, aliases, paths (contract 6.2, 3.5). */
import { join } from 'node:path';

/** `<scope>-<name>`: two different resources can share one (scope `a-b` name `c`, scope `a` name `b-c`). */
export function appId(scope: string, name: string): string {
  return scope === '' ? name : `${scope}-${name}`;
}

export function containerName(scope: string, name: string, replica: string | number): string {
  return `${appId(scope, name)}.${replica}`;
}

export function volumeName(scope: string, name: string, claim: string, ordinal: number): string {
  return `voodu-${appId(scope, name)}-${claim}-${ordinal}`;
}

/** Per-pod aliases first, then the shared round-robin ones; all lower-cased. */
export function podAliases(scope: string, name: string, ordinal: number): string[] {
  const pod = `${name}-${ordinal}.${scope}`.toLowerCase();
  return [pod, `${pod}.voodu`, ...sharedAliases(scope, name)];
}

export function sharedAliases(scope: string, name: string): string[] {
  const shared = `${name}.${scope}`.toLowerCase();
  return [shared, `${shared}.voodu`];
}

export function appDir(root: string, scope: string, name: string): string {
  return join(root, 'apps', appId(scope, name));
}

export function envFilePath(root: string, scope: string, name: string): string {
  return join(appDir(root, scope, name), 'shared', '.env');
}

export function assetDir(root: string, scope: string, name: string): string {
  return join(root, 'assets', ...(scope === '' ? [name] : [scope, name]));
}

/** `s/n`, or `n` for an unscoped thing. */
export function ref(scope: string | undefined, name: string): string {
  return scope ? `${scope}/${name}` : name;
}
