/** The listener: routing by method and path, the response envelope, the body cap, the client's disappearance. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject } from './go.ts';
import { errorText, HttpError } from './types.ts';

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Aborted when the client goes away before the answer. */
  readonly signal: AbortSignal;
  /** Parsed body; capped at 1 MiB unless told otherwise. */
  json(cap?: number): Promise<unknown>;
}

/** `undefined` is a bare `{"status":"ok"}`. */
export type Handler = (call: Call) => Promise<unknown> | unknown;
export type Routes = Readonly<Record<string, Handler>>;

/** Answers that are not the envelope (`/health`) or not 200 with data (`/ready`). */
export class Raw {
  readonly status: number;
  readonly body: unknown;
  constructor(status: number, body: unknown) {
    this.status = status;
    this.body = body;
  }
}

const MIB = 1024 * 1024;

/** Routes are written `METHOD /path/{param}`; the last param may hold slashes' worth of anything but `/`. */
export async function listen(routes: () => Routes): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => void answer(routes(), request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function answer(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  try {
    const { handler, params } = match(routes, request.method ?? 'GET', url.pathname);
    const json = (cap = MIB) => readJson(request, cap);
    const result = await handler({ params, query: url.searchParams, signal: gone.signal, json });
    if (result instanceof Raw) return send(response, result.status, result.body);
    send(response, 200, result === undefined ? { status: 'ok' } : { status: 'ok', data: result });
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500;
    const data = error instanceof HttpError && error.data !== undefined ? { data: error.data } : {};
    send(response, status, { status: 'error', ...data, error: errorText(error) });
  }
}

function match(
  routes: Routes,
  method: string,
  path: string,
): { handler: Handler; params: Record<string, string> } {
  const parts = path.split('/');
  let otherMethod = false;
  for (const [route, handler] of Object.entries(routes)) {
    const [verb, pattern = ''] = route.split(' ');
    const params = matchPath(pattern.split('/'), parts);
    if (params === undefined) continue;
    if (verb === method) return { handler, params };
    otherMethod = true;
  }
  throw otherMethod
    ? new HttpError(405, `method ${method} not allowed`)
    : new HttpError(404, `no such route: ${path} (or not modelled by the double)`);
}

function matchPath(pattern: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of pattern.entries()) {
    const name = /^\{(.*)\}$/.exec(part)?.[1];
    if (name !== undefined) params[name] = decodeURIComponent(path[i]!);
    else if (part !== path[i]) return undefined;
  }
  return params;
}

async function readJson(request: IncomingMessage, cap: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read on without keeping: an answer before the body has arrived would be lost to the client.
    if (size <= cap) chunks.push(chunk);
  }
  if (size > cap) throw new HttpError(400, 'http: request body too large');
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, `decode body: ${errorText(error)}`);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed || response.headersSent) return;
  const text = typeof body === 'string' ? body : JSON.stringify(body) + '\n';
  const type = isObject(body) ? 'application/json' : 'text/plain; charset=utf-8';
  response.writeHead(status, { 'content-type': type });
  response.end(text);
}
