/**
 * The download for a restore runs in a process of the plugin's own that outlives the command: the image has no program
 * that downloads, and 30 s are too few. It talks to the restore's container through files alone, and never to a server.
 */
import * as z from 'zod/mini';
import { Failure, formatFailure } from '../errors.ts';
import type { Io } from '../io.ts';
import { once } from '../once.ts';
import { type FetchRules, fetchDump } from './fetch.ts';

export interface FetchOrder {
  /** A secret, when it is signed: in this file (0600, gone once it is read) and in memory, nowhere else. */
  readonly url: string;
  readonly rules: FetchRules;
  /** Appears complete, or not at all. */
  readonly path: string;
  /** Bytes so far, written every second: the container sees that we live. */
  readonly beat: string;
  /** Why there will be no file. */
  readonly refused: string;
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
  }),
);

const beatMs = 1_000;

export async function carryOutFetch(io: Io, orderPath: string): Promise<void> {
  const order = await takeOrder(io, orderPath);
  const partial = `${order.path}.partial`;
  let beatAt = 0;
  let beating = Promise.resolve();
  const beat = (bytes: number, total: number | undefined) => {
    const now = io.host.now().getTime();
    if (now - beatAt < beatMs) return;
    beatAt = now;
    beating = beating
      .then(() => io.files.writeAtomic(order.beat, `${bytes} ${total ?? ''}\n`))
      .catch(() => {});
  };
  try {
    const rules: FetchRules = { ...order.rules, maxBytes: order.rules.maxBytes, sha256: order.rules.sha256 };
    await fetchDump(io, order.url, partial, rules, beat);
    await beating;
    await io.files.rename(partial, order.path);
  } catch (error) {
    await beating;
    await io.files.remove(partial);
    await io.files.writeAtomic(order.refused, `${formatFailure(error).replaceAll(order.url, '<url>')}\n`);
    throw error;
  }
}

async function takeOrder(io: Io, path: string): Promise<z.infer<ReturnType<typeof schema>>> {
  const text = await io.files.read(path);
  await io.files.remove(path);
  const parsed = schema().safeParse(text === undefined ? undefined : JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Failure('usage', `there is no download to carry out at ${path}`, {
    hint: 'vd pg:backups:restore starts downloads by itself.',
  });
}
