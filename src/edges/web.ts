/** Downloads, through undici. The caller names the address: what it checked is what is connected to. */
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { Failure } from '../errors.ts';
import type { Web } from '../io.ts';

const connectTimeoutMs = 10_000;
const replyTimeoutMs = 30_000;
/** Between two pieces of the body. */
const silenceTimeoutMs = 60_000;

export const web: Web = {
  addresses: async host => {
    try {
      return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
    } catch (cause) {
      throw new Failure('refused', `download refused: ${host} cannot be resolved`, { cause });
    }
  },
  get: async (url, address, signal) => {
    const agent = new Agent({
      connect: { timeout: connectTimeoutMs, lookup: pinned(address) },
      headersTimeout: replyTimeoutMs,
      bodyTimeout: silenceTimeoutMs,
    });
    const close = () => void agent.destroy().catch(() => {});
    try {
      const { statusCode, headers, body } = await request(url, {
        dispatcher: agent,
        signal: signal ?? null,
        headers: { 'accept-encoding': 'identity', 'user-agent': 'voodu-postgres' },
      });
      // A body that is dropped half-way is an error event nobody waits for.
      body.on('error', () => {});
      return { status: statusCode, headers: flat(headers), body: named(body, url), close };
    } catch (cause) {
      close();
      throw broken(url, cause);
    }
  },
};

/** undici gives this to net.connect, which asks for one address or for all. */
function pinned(address: string): LookupFunction {
  const family = address.includes(':') ? 6 : 4;
  return (_host, options, done) =>
    options.all ? done(null, [{ address, family }]) : done(null, address, family);
}

async function* named(body: AsyncIterable<Uint8Array>, url: string): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw broken(url, cause);
  }
}

/** Says the host only: the rest of a signed URL is a secret. */
function broken(url: string, cause: unknown): Failure {
  const { code, message } = cause as { code?: string; message?: string };
  return new Failure(
    'refused',
    `download refused: ${new URL(url).host} failed: ${code ?? message ?? 'unknown reason'}`,
    { cause },
  );
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
