/** Files on the docker host. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  chown,
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FileEntry, Files } from '../io.ts';

export const files: Files = {
  read: path => ifThere(readFile(path, 'utf8')),
  list: async path => {
    const names = (await ifThere(readdir(path))) ?? [];
    const entries = await Promise.all(names.map(name => entry(join(path, name))));
    return entries.filter(found => found !== undefined);
  },
  stat: entry,
  writeAtomic: async (path, text, { mode = 0o644, like } = {}) => {
    const draft = await writeDraft(path, text, mode, like);
    await orRemove(draft, rename(draft, path));
    await syncDirectory(dirname(path));
  },
  createExclusive: async (path, text, { mode = 0o644 } = {}) => {
    const draft = await writeDraft(path, text, mode);
    try {
      await link(draft, path);
      await syncDirectory(dirname(path));
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  },
  remove: async path => rm(path, { force: true }),
  rename: async (from, to) => {
    await rename(from, to);
    await syncDirectory(dirname(to));
  },
  makeDirectory: async path => {
    await mkdir(path, { recursive: true });
  },
  sha256: async (path, signal) => {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, signal ? { signal } : {});
    return hash.digest('hex');
  },
  writeStream: async (path, chunks) => {
    const hash = createHash('sha256');
    const file = await open(path, 'wx', 0o600);
    let bytes = 0;
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        await writeFully(file, chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { bytes, sha256: hash.digest('hex') };
  },
  freeBytes: async path => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};

async function writeFully(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length) written += (await file.write(chunk, written)).bytesWritten;
}

/** The draft lies beside its target, so that the rename stays on one file system. */
async function writeDraft(path: string, text: string, mode: number, like?: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  const file = await open(draft, 'wx', mode);
  const fill = async () => {
    try {
      await file.writeFile(text);
      await file.chmod(mode);
      const owner = like === undefined ? undefined : await entry(like);
      if (owner) await chown(draft, owner.uid, owner.gid);
      await file.sync();
    } finally {
      await file.close();
    }
  };
  await orRemove(draft, fill());
  return draft;
}

/** A draft that did not come to its name would lie there for ever, on a disk that may be full. */
async function orRemove(draft: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

/** A name is durable when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function entry(path: string): Promise<FileEntry | undefined> {
  const found = await ifThere(stat(path));
  return (
    found && {
      name: basename(path),
      path,
      sizeBytes: found.size,
      modifiedAt: found.mtime,
      directory: found.isDirectory(),
      uid: found.uid,
      gid: found.gid,
    }
  );
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
