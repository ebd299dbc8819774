/**
 * Downloads a dump from a URL an operator typed, and reaches nothing on the way that a stranger's URL must not reach.
 * Each refusal has a reason of its own. Nothing here ever says the whole URL: signed ones are secrets.
 */
import { Failure } from '../errors.ts';
import type { Io, WebReply } from '../io.ts';
import { addressProblem, isAddress, opensWithAllowPrivate } from './fetch-address.ts';

export interface FetchRules {
  readonly allowHttp: boolean;
  readonly allowPrivate: boolean;
  /** Largest body, beside what the disk allows. */
  readonly maxBytes: number | undefined;
  /** Lower-case hex. */
  readonly sha256: string | undefined;
}

export interface Fetched {
  readonly bytes: number;
  readonly sha256: string;
}

export interface FetchWatch {
  readonly onBytes?: (bytes: number, total: number | undefined) => void;
  /** Ends the download, whatever it waits for. */
  readonly signal?: AbortSignal;
}

/** What stays free on the disk however large the body is. */
const reservedBytes = 256 * 1024 ** 2;
const mostRedirects = 5;
const redirects = [301, 302, 303, 307, 308];
/** How pg_dump's custom format begins. */
const magic = 'PGDMP';

/** Without a connection: is this a URL that may be downloaded, as far as one can see? */
export function parseSource(text: string, rules: FetchRules): URL {
  const url = URL.parse(text);
  if (url === null) throw refusal('this is not a URL');
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https' && scheme !== 'http')
    throw refusal(`${scheme}:// is not downloaded; only https:// is`);
  if (scheme === 'http' && !rules.allowHttp)
    throw refusal(
      `http:// to ${url.host} is neither private nor protected from changes`,
      'Use https://, or add --allow-http if you accept that.',
    );
  if (url.username !== '' || url.password !== '')
    throw refusal(
      `the URL to ${url.host} holds a user name or password`,
      'Use a signed URL, or download the file yourself.',
    );
  if (isAddress(url.hostname)) checkAddress(url.hostname, url.hostname, rules);
  return url;
}

/** Downloads to `path`, which appears complete or not at all. */
export async function fetchDump(
  io: Io,
  source: string,
  path: string,
  rules: FetchRules,
  { onBytes = () => {}, signal }: FetchWatch = {},
): Promise<Fetched> {
  const reply = await follow(io, source, rules, signal);
  try {
    const limit = await bodyLimit(io, path, rules);
    const total = contentLength(reply);
    if (total !== undefined && total > limit.bytes) throw tooLarge(`the dump has ${total} bytes`, limit);
    const written = await io.files.writeStream(
      path,
      bounded(reply.body, limit, bytes => onBytes(bytes, total)),
    );
    if (total !== undefined && written.bytes !== total)
      throw refusal(`the download ended after ${written.bytes} of ${total} bytes`);
    if (written.bytes === 0) throw refusal('the download is empty');
    if (rules.sha256 !== undefined && written.sha256 !== rules.sha256)
      throw refusal(
        `the download's sha256 is ${written.sha256}, not the ${rules.sha256} that --sha256 names`,
      );
    return written;
  } catch (error) {
    await io.files.remove(path);
    throw error;
  } finally {
    reply.close();
  }
}

/** The reply that is no redirect. Every hop is checked like the first one. */
async function follow(
  io: Io,
  source: string,
  rules: FetchRules,
  signal: AbortSignal | undefined,
): Promise<WebReply> {
  let url = parseSource(source, rules);
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const reply = await io.web.get(url.href, await checkedAddress(io, url, rules), signal);
    if (reply.status === 200) return reply;
    reply.close();
    if (!redirects.includes(reply.status))
      throw refusal(`${url.host} answered with status ${reply.status}`, hintForStatus(reply.status));
    const target = reply.headers['location'];
    const next = target === undefined ? null : URL.parse(target, url);
    if (next === null) throw refusal(`${url.host} answered with a redirect that leads nowhere`);
    try {
      url = parseSource(next.href, rules);
    } catch (error) {
      throw behindRedirect(url, error);
    }
  }
  throw refusal(`${url.host} redirected more than ${mostRedirects} times`);
}

/** Our own look-up: every address of the name must be allowed, and the connection goes to one that was checked. */
async function checkedAddress(io: Io, url: URL, rules: FetchRules): Promise<string> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isAddress(host) ? [host] : await io.web.addresses(host);
  if (addresses.length === 0) throw refusal(`${host} has no address`);
  for (const address of addresses) checkAddress(host, address, rules);
  return addresses[0]!;
}

function checkAddress(host: string, address: string, rules: FetchRules): void {
  const bare = address.replace(/^\[(.*)\]$/, '$1');
  const problem = addressProblem(bare, rules.allowPrivate);
  if (problem === undefined) return;
  const who = host === address ? bare : `${host} resolves to ${bare}, which`;
  throw refusal(
    `${who} is ${problem}`,
    opensWithAllowPrivate(bare)
      ? 'If the dump really lies in your own network, add --allow-private.'
      : 'Name a host on the internet.',
  );
}

function behindRedirect(from: URL, error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  return new Failure(
    error.kind,
    `${error.message} (${from.host} redirected there)`,
    error.hint === undefined ? {} : { hint: error.hint },
  );
}

function hintForStatus(status: number): string {
  if (status === 403) return 'A signed URL may have expired.';
  if (status === 404) return 'There is no such file there.';
  return 'Try the URL in a browser or with curl.';
}

interface Limit {
  readonly bytes: number;
  readonly why: string;
}

async function bodyLimit(io: Io, path: string, rules: FetchRules): Promise<Limit> {
  const free = await io.files.freeBytes(path.replace(/\/[^/]*$/, ''));
  const usable = Math.max(0, free - reservedBytes);
  if (rules.maxBytes !== undefined && rules.maxBytes < usable)
    return { bytes: rules.maxBytes, why: `--max-size allows ${rules.maxBytes}` };
  return {
    bytes: usable,
    why: `the disk of the backups has ${free} bytes free, of which ${reservedBytes} stay free`,
  };
}

const tooLarge = (what: string, limit: Limit): Failure =>
  refusal(`${what}, and ${limit.why}`, 'Make room, or raise --max-size.');

/** The body as it is, ended by an error where it is no dump or outgrows its limit. */
async function* bounded(
  chunks: AsyncIterable<Uint8Array>,
  limit: Limit,
  onBytes: (bytes: number) => void,
): AsyncIterable<Uint8Array> {
  let bytes = 0;
  let head = '';
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > limit.bytes) throw tooLarge(`the download reached ${bytes} bytes`, limit);
    if (head.length < magic.length) {
      head += String.fromCharCode(...chunk.subarray(0, magic.length - head.length));
      if (!magic.startsWith(head.slice(0, magic.length))) throw notADump();
    }
    onBytes(bytes);
    yield chunk;
  }
  if (bytes > 0 && head !== magic) throw notADump();
}

const notADump = (): Failure =>
  refusal(
    "the download is not a dump in pg_dump's custom format",
    'Make one with pg_dump -Fc; plain SQL and archives of it are not taken from a URL.',
  );

function contentLength({ headers }: WebReply): number | undefined {
  const length = headers['content-length'];
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

const refusal = (message: string, hint?: string): Failure =>
  new Failure('refused', `download refused: ${message}`, hint === undefined ? {} : { hint });
