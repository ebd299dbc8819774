/**
 * The download for a restore runs in a process of the plugin's own that outlives the command: the image has no program
 * that downloads, and 30 s are too few. It talks to the restore's container through files alone, and never to a server.
 * It ends with that container: what nobody waits for must not go on filling the disk.
 */
import * as z from 'zod/mini';
import { Failure, formatFailure } from '../errors.ts';
import type { Io } from '../io.ts';
import { once } from '../once.ts';
import { type FetchRules, fetchDump } from './fetch.ts';
import { isLive } from './work.ts';

export interface FetchOrder {
  /** A secret, when it is signed: in this file (0600, gone once it is read) and in memory, nowhere else. */
  readonly url: string;
  readonly rules: FetchRules;
  /** Appears complete, or not at all. */
  readonly path: string;
  /** `bytes total time`, written every second: the container sees that we live, also while the other side says nothing. */
  readonly beat: string;
  /** Why there will be no file. */
  readonly refused: string;
  /** Who waits for the file. */
  readonly container: string;
}

export async function writeFetchOrder(io: Io, path: string, order: FetchOrder): Promise<void> {
  await io.files.writeAtomic(path, JSON.stringify(order), { mode: 0o600 });
}

const schema = once(() =>
  z.object({
    url: z.string(),
    rules: z.object({
      allowHttp: z.boolean(),
      allowPrivate: z.boolean(),
      maxBytes: z.optional(z.number()),
      sha256: z.optional(z.string()),
    }),
    path: z.string(),
    beat: z.string(),
    refused: z.string(),
    container: z.string(),
  }),
);

type Order = z.infer<ReturnType<typeof schema>>;

const beatMs = 1_000;
/** The engine is asked at every so many beats; a look at a file costs nothing. */
const beatsPerInspection = 5;

export async function carryOutFetch(io: Io, orderPath: string): Promise<void> {
  const order = await takeOrder(io, orderPath);
  const partial = `${order.path}.partial`;
  const watched: Watched = { partial, bytes: 0, total: undefined, ended: false, stop: new AbortController() };
  const watching = watch(io, order, watched);
  try {
    const rules: FetchRules = { ...order.rules, maxBytes: order.rules.maxBytes, sha256: order.rules.sha256 };
    await fetchDump(io, order.url, partial, rules, {
      onBytes: (bytes, total) => Object.assign(watched, { bytes, total }),
      signal: watched.stop.signal,
    });
    watched.stop.signal.throwIfAborted();
    await io.files.rename(partial, order.path);
  } catch (error) {
    await io.files.remove(partial);
    const reason = watched.stop.signal.aborted ? watched.stop.signal.reason : error;
    if (await isAwaited(io, order))
      await io.files.writeAtomic(order.refused, `${formatFailure(reason).replaceAll(order.url, '<url>')}\n`);
    throw reason;
  } finally {
    watched.ended = true;
    await watching;
  }
}

interface Watched {
  readonly partial: string;
  readonly stop: AbortController;
  bytes: number;
  total: number | undefined;
  ended: boolean;
}

/** Beats, and ends the download once its file or the container it is for has gone. */
async function watch(io: Io, order: Order, watched: Watched): Promise<void> {
  for (let beats = 0; ; beats++) {
    const unwanted = await whyUnwanted(io, order, watched, beats % beatsPerInspection === 0);
    if (watched.ended) return;
    if (unwanted !== undefined) return watched.stop.abort(new Failure('refused', unwanted));
    const { bytes, total } = watched;
    await io.files
      .writeAtomic(order.beat, `${bytes} ${total ?? '-'} ${io.host.now().toISOString()}\n`)
      .catch(() => {});
    await io.host.sleep(beatMs);
  }
}

async function whyUnwanted(
  io: Io,
  order: Order,
  watched: Watched,
  inspect: boolean,
): Promise<string | undefined> {
  // What has arrived is in a file of that name, as long as nobody removed it.
  if (watched.bytes > 0 && (await io.files.stat(watched.partial)) === undefined)
    return `download stopped after ${watched.bytes} bytes: its file was removed`;
  if (!inspect || (await isAwaited(io, order))) return undefined;
  return `download stopped after ${watched.bytes} bytes: container ${order.container} no longer waits for it`;
}

/** An engine that gives no answer is no reason to give up. */
async function isAwaited(io: Io, { container }: Order): Promise<boolean> {
  try {
    return (await io.docker.inspect([container])).some(isLive);
  } catch {
    return true;
  }
}

async function takeOrder(io: Io, path: string): Promise<Order> {
  const text = await io.files.read(path);
  await io.files.remove(path);
  const parsed = schema().safeParse(text === undefined ? undefined : JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Failure('usage', `there is no download to carry out at ${path}`, {
    hint: 'vd pg:backups:restore starts downloads by itself.',
  });
}
