/** The download that runs beside a restore: it beats, and ends with whom it is for. */
import { expect, it } from 'vitest';
import { carryOutFetch, writeFetchOrder } from '../../../src/backup/restore-fetch.ts';
import type { Files, Io } from '../../../src/io.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';

const order = {
  url: 'https://dumps.example/db?sig=secret',
  rules: { allowHttp: false, allowPrivate: false, maxBytes: undefined, sha256: undefined },
  path: '/backups/.fetch-1.dump',
  beat: '/state/1.beat',
  refused: '/state/1.refused',
  container: 'lab-db-restore-1',
};

/** Seconds pass with the sleeps of the one who watches; `at` says what happens in which. */
function world(chunks: readonly Buffer[], at: Readonly<Record<number, (files: Files) => unknown>> = {}) {
  const files = memoryFiles();
  const seen = { beats: new Set<string>(), seconds: 0, running: true };
  const port: Files = {
    ...files,
    writeAtomic: async (path, text) => {
      if (path === order.beat) seen.beats.add(text);
      files.all.set(path, text);
    },
    writeStream: async (path, stream) => {
      let bytes = 0;
      files.all.set(path, '');
      for await (const chunk of stream) bytes += chunk.length;
      return { bytes, sha256: '' };
    },
    freeBytes: async () => 2 ** 40,
  };
  const io = {
    files: port,
    docker: {
      inspect: async () => (seen.running ? [{ state: 'running' }] : [{ state: 'exited' }]),
    },
    host: {
      now: () => new Date(seen.seconds * 1000),
      sleep: async () => {
        await new Promise(resolve => setImmediate(resolve));
        seen.seconds++;
        await at[seen.seconds]?.(port);
      },
    },
    web: {
      addresses: async () => ['93.184.216.34'],
      get: async (_url: string, _address: string, signal: AbortSignal) => {
        async function* body() {
          yield* chunks;
          // A server that says nothing more.
          if (chunks.at(-1)?.toString() !== 'end')
            await new Promise((_, reject) =>
              signal.addEventListener('abort', () => reject(signal.reason as Error)),
            );
        }
        return { status: 200, headers: {}, body: body(), close: () => {} };
      },
    },
  } as unknown as Io;
  const run = async () => {
    await writeFetchOrder(io, '/state/1.fetch', order);
    return carryOutFetch(io, '/state/1.fetch').then(
      () => 'done',
      (error: Error) => error.message,
    );
  };
  return { run, files, seen };
}

it('appears complete under its name', async () => {
  const { run, files } = world([Buffer.from('PGDMP'), Buffer.from('end')]);
  expect(await run()).toBe('done');
  expect([...files.all.keys()].filter(path => path !== order.beat)).toEqual([order.path]);
});

it('beats while the other side is silent, and ends when its file is removed', async () => {
  const { run, files, seen } = world([Buffer.from('PGDMP')], {
    7: async port => port.remove(`${order.path}.partial`),
  });
  expect(await run()).toBe('download stopped after 5 bytes: its file was removed');
  expect(seen.beats.size).toBeGreaterThanOrEqual(7);
  expect(files.all.get(order.refused)).toBe('download stopped after 5 bytes: its file was removed\n');
});

it('ends with its container, also before the first byte, and leaves no word that nobody reads', async () => {
  const { run, files, seen } = world([]);
  setTimeout(() => {
    seen.running = false;
  }, 5);
  expect(await run()).toBe(
    'download stopped after 0 bytes: container lab-db-restore-1 no longer waits for it',
  );
  expect([...files.all.keys()]).toEqual([order.beat]);
});
