/** A host without containers: clusters are what the controller has stored, and files are in memory. */
import type { Container, Described, Io, StoredManifest } from '../../src/io.ts';
import { memoryFiles } from './memory-files.ts';

export interface QuietWorld {
  readonly manifests?: readonly StoredManifest[];
  readonly bucket?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly containers?: readonly Container[];
}

export function quietWorld({ manifests = [], bucket = {}, files = {}, containers = [] }: QuietWorld) {
  const port = memoryFiles(files);
  const described = (manifest: StoredManifest): Described => ({ manifest, status: undefined, pods: [] });
  const io = {
    files: port,
    controller: {
      manifests: async (kind?: string) =>
        manifests.filter(manifest => kind === undefined || manifest.kind === kind),
      describe: async (kind: string, scope: string, name: string) =>
        manifests
          .filter(found => found.kind === kind && found.scope === scope && found.name === name)
          .map(described)[0],
      bucket: async () => bucket,
    },
    docker: {
      list: async () => [],
      inspect: async (names: readonly string[]) => containers.filter(({ name }) => names.includes(name)),
      run: async () => {
        throw new Error('nothing is to be started');
      },
    },
    cron: {
      runsBefore: async () => [],
      nextRun: async ({ timezone }: { timezone: string }) => {
        if (timezone !== 'UTC') throw new RangeError(`Invalid time zone specified: ${timezone}`);
        return undefined;
      },
    },
    host: {
      now: () => new Date('2026-05-08T00:00:00Z'),
      // Seconds here are milliseconds.
      after: (ms: number) => AbortSignal.timeout(ms / 1000),
      processAlive: () => false,
    },
  } as unknown as Io;
  return { io, files: port };
}

export const storedCluster = (
  scope: string,
  name: string,
  spec: Record<string, unknown> = {},
): StoredManifest => ({
  kind: 'statefulset',
  scope,
  name,
  spec: { image: 'postgres:17', replicas: 1, env: { PG_NAME: name }, ...spec },
});
