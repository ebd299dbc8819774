/** Files in memory: the `Files` port for tests of decisions. Passes the suite that the real one passes (test/contract/files-port.test.ts). */
import type { FileEntry, Files } from '../../src/io.ts';

export function memoryFiles(
  initial: Readonly<Record<string, string>> = {},
): Files & { readonly all: Map<string, string> } {
  const all = new Map(Object.entries(initial));
  const entry = (path: string): FileEntry | undefined => {
    const text = all.get(path);
    const inside = [...all.keys()].some(other => other.startsWith(`${path}/`));
    if (text === undefined && !inside) return undefined;
    return {
      name: path.slice(path.lastIndexOf('/') + 1),
      path,
      sizeBytes: Buffer.byteLength(text ?? ''),
      modifiedAt: new Date(0),
      directory: text === undefined,
      uid: 0,
      gid: 0,
    };
  };
  return {
    all,
    read: async path => all.get(path),
    list: async path => {
      const names = new Set(
        [...all.keys()]
          .filter(key => key.startsWith(`${path}/`))
          .map(key => key.slice(path.length + 1).split('/')[0]!),
      );
      return [...names].sort().map(name => entry(`${path}/${name}`)!);
    },
    stat: async path => entry(path),
    writeAtomic: async (path, text) => void all.set(path, text),
    createExclusive: async (path, text) => {
      if (all.has(path)) return false;
      all.set(path, text);
      return true;
    },
    remove: async path => void all.delete(path),
    rename: async (from, to) => {
      const text = all.get(from);
      if (text === undefined) throw Object.assign(new Error(`no such file: ${from}`), { code: 'ENOENT' });
      all.delete(from);
      all.set(to, text);
    },
    makeDirectory: async () => {},
    sha256: async () => {
      throw new Error('not in memory');
    },
    writeStream: async () => {
      throw new Error('not in memory');
    },
    freeBytes: async () => Number.MAX_SAFE_INTEGER,
  };
}
