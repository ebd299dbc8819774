/** Acceptance D6: each URL is refused for its own reason, before a connection that it must not make. */
import { describe, expect, it } from 'vitest';
import { type FetchRules, fetchDump, parseSource } from '../../../src/backup/fetch.ts';
import { Failure } from '../../../src/errors.ts';
import type { Io, WebReply } from '../../../src/io.ts';

const strict: FetchRules = { allowHttp: false, allowPrivate: false, maxBytes: undefined, sha256: undefined };
const gigabyte = 1024 ** 3;
const dump = (bytes: number) => Buffer.concat([Buffer.from('PGDMP'), Buffer.alloc(Math.max(0, bytes - 5))]);

interface Given {
  readonly names?: Record<string, string[]>;
  readonly replies?: Record<string, Partial<Omit<WebReply, 'body'>> & { body?: Iterable<Uint8Array> }>;
  readonly free?: number;
}

function world({ names = {}, replies = {}, free = 100 * gigabyte }: Given) {
  const seen = { connections: [] as string[], written: 0, removed: [] as string[], closed: 0 };
  const io = {
    web: {
      addresses: async (host: string) => names[host] ?? ['93.184.216.34'],
      get: async (url: string, address: string) => {
        seen.connections.push(`${url} at ${address}`);
        const reply: NonNullable<Given['replies']>[string] = replies[url] ?? { body: [dump(100)] };
        const { status = 200, headers = {}, body = [] } = reply;
        async function* stream() {
          yield* body;
        }
        return { status, headers, body: stream(), close: () => void seen.closed++ };
      },
    },
    files: {
      freeBytes: async () => free,
      remove: async (path: string) => void seen.removed.push(path),
      writeStream: async (_path: string, chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) seen.written += chunk.length;
        return { bytes: seen.written, sha256: 'ab'.repeat(32) };
      },
    },
  } as unknown as Io;
  return { io, seen };
}

async function refusal(url: string, given: Given = {}, rules: Partial<FetchRules> = {}) {
  const { io, seen } = world(given);
  const error = await fetchDump(io, url, '/backups/.fetch', { ...strict, ...rules }).catch(thrown => thrown);
  expect(error).toBeInstanceOf(Failure);
  return { message: (error as Failure).message, hint: (error as Failure).hint, ...seen };
}

describe('refused without any connection', () => {
  it.each([
    ['not a url', /not a URL/],
    ['file:///etc/passwd', /file:\/\/ is not downloaded/],
    ['ftp://example.com/x', /ftp:\/\/ is not downloaded/],
    ['gopher://example.com/x', /gopher:\/\//],
    ['data:text/plain,x', /data:\/\//],
    ['http://example.com/db.dump', /neither private nor protected/],
    ['https://user:secret@example.com/x', /holds a user name or password/],
    ['https://169.254.169.254/latest', /169\.254\.169\.254 is a cloud's metadata service/],
    ['https://127.0.0.1:8686/x', /127\.0\.0\.1 is a loopback address/],
    ['https://2130706433/x', /127\.0\.0\.1 is a loopback address/],
    ['https://0x7f.1/x', /127\.0\.0\.1 is a loopback address/],
    ['https://0/x', /0\.0\.0\.0 is an unspecified address/],
    ['https://10.0.0.5/x', /10\.0\.0\.5 is a private address/],
    ['https://[::1]/x', /::1 is a loopback address/],
    ['https://[::ffff:10.0.0.1]/x', /private address/],
    ['https://[fe80::1]/x', /link-local address/],
    ['https://[64:ff9b::a00:1]/x', /private address/],
    ['https://100.64.1.1/x', /carrier-grade NAT address/],
  ])('%s', async (url, reason) => {
    const { message, connections, written } = await refusal(url);
    expect(message).toMatch(reason);
    expect({ connections, written }).toEqual({ connections: [], written: 0 });
  });

  it('a name that resolves to a private address, even beside a public one', async () => {
    const { message, connections } = await refusal('https://db.example.com/x', {
      names: { 'db.example.com': ['93.184.216.34', '10.1.1.1'] },
    });
    expect(message).toMatch(/db\.example\.com resolves to 10\.1\.1\.1, which is a private address/);
    expect(connections).toEqual([]);
  });
});

it('the connection goes to the address that was checked', async () => {
  const { io, seen } = world({ names: { 'db.example.com': ['93.184.216.35'] } });
  await fetchDump(io, 'https://db.example.com/x', '/backups/.fetch', strict);
  expect(seen.connections).toEqual(['https://db.example.com/x at 93.184.216.35']);
});

describe('a redirect', () => {
  const via = (location: string) => ({ 'https://ok.example/x': { status: 302, headers: { location } } });
  it.each([
    ['http://127.0.0.1/', /neither private/],
    ['https://127.0.0.1/', /loopback address \(ok\.example redirected there\)/],
    ['https://169.254.169.254/', /metadata service/],
    ['file:///etc/passwd', /file:\/\//],
    ['//10.0.0.1/x', /private address/],
  ])('to %s is refused', async (location, reason) => {
    const { message, connections, written } = await refusal('https://ok.example/x', {
      replies: via(location),
    });
    expect(message).toMatch(reason);
    expect(connections).toHaveLength(1);
    expect(written).toBe(0);
  });

  it('to a name that resolves to loopback is refused', async () => {
    const { message } = await refusal('https://ok.example/x', {
      replies: via('https://inner.example/x'),
      names: { 'inner.example': ['127.0.0.1'] },
    });
    expect(message).toMatch(/inner\.example resolves to 127\.0\.0\.1/);
  });

  it('is followed five times and not for ever', async () => {
    const { message, connections } = await refusal('https://ok.example/x', {
      replies: via('https://ok.example/x'),
    });
    expect(message).toMatch(/more than 5 times/);
    expect(connections).toHaveLength(6);
  });

  it('without a target, and a status that is no success, are refused', async () => {
    expect(
      (await refusal('https://ok.example/x', { replies: { 'https://ok.example/x': { status: 301 } } }))
        .message,
    ).toMatch(/leads nowhere/);
    expect(
      (await refusal('https://ok.example/x', { replies: { 'https://ok.example/x': { status: 403 } } })).hint,
    ).toMatch(/expired/);
  });
});

describe('a body', () => {
  const answer = (body: Iterable<Uint8Array>, headers: Record<string, string> = {}) => ({
    replies: { 'https://ok.example/x': { headers, body } },
  });

  it('of 10 GB that says so is refused before a byte is written', async () => {
    const { message, written, removed } = await refusal('https://ok.example/x', {
      ...answer([], { 'content-length': String(10 * gigabyte) }),
      free: 4 * gigabyte,
    });
    expect(message).toMatch(
      /the dump has 10737418240 bytes, and the disk of the backups has 4294967296 bytes free/,
    );
    expect({ written, removed }).toEqual({ written: 0, removed: ['/backups/.fetch'] });
  });

  it('that does not say how long it is ends at the limit, and its file goes', async () => {
    function* endless() {
      yield dump(1024 ** 2);
      while (true) yield Buffer.alloc(1024 ** 2);
    }
    const { message, written, removed, closed } = await refusal('https://ok.example/x', {
      ...answer(endless()),
      free: 300 * 1024 ** 2,
    });
    expect(message).toMatch(/the download reached \d+ bytes/);
    expect(written).toBeLessThanOrEqual(44 * 1024 ** 2);
    expect({ removed, closed }).toEqual({ removed: ['/backups/.fetch'], closed: 1 });
  });

  it.each([
    ['--max-size', answer([dump(2000)]), { maxBytes: 1000 }, /--max-size allows 1000/],
    [
      'a wrong sha256',
      answer([dump(10)]),
      { sha256: '00'.repeat(32) },
      /sha256 is (ab){32}, not the (00){32}/,
    ],
    [
      'a shorter body than announced',
      answer([dump(10)], { 'content-length': '20' }),
      {},
      /ended after 10 of 20 bytes/,
    ],
    ['an empty body', answer([]), {}, /is empty/],
    ['a page of HTML', answer([Buffer.from('<html>')]), {}, /not a dump in pg_dump's custom format/],
    ['plain SQL in small pieces', answer([Buffer.from('PG'), Buffer.from('X')]), {}, /not a dump/],
    ['the first bytes of a dump', answer([Buffer.from('PGD')]), {}, /not a dump/],
  ])('%s: refused, and its file goes', async (_, given, rules, reason) => {
    const { message, removed } = await refusal('https://ok.example/x', given, rules);
    expect(message).toMatch(reason);
    expect(removed).toEqual(['/backups/.fetch']);
  });
});

it('no message holds more of the URL than its host', async () => {
  for (const [url, given] of [
    [
      'https://ok.example/secret?sig=hidden',
      { replies: { 'https://ok.example/secret?sig=hidden': { status: 500 } } },
    ],
    ['http://ok.example/secret?sig=hidden', {}],
    ['https://user:hidden@ok.example/secret', {}],
  ] as [string, Given][]) {
    const { message, hint } = await refusal(url, given);
    expect(`${message} ${hint}`).not.toMatch(/secret|hidden/);
  }
});

it('http and private addresses are allowed by their flags alone', () => {
  expect(parseSource('http://10.0.0.5/x', { ...strict, allowHttp: true, allowPrivate: true }).hostname).toBe(
    '10.0.0.5',
  );
  expect(() => parseSource('http://10.0.0.5/x', { ...strict, allowHttp: true })).toThrow(/private address/);
  expect(() => parseSource('http://10.0.0.5/x', { ...strict, allowPrivate: true })).toThrow(
    /neither private/,
  );
});
