/** A download over a real socket: the signal ends it, wherever it is. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { web } from '../../../src/edges/web.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(handle: Parameters<typeof createServer>[1]): Promise<string> {
  server = createServer(handle as never);
  await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve));
  return `http://dumps.example:${(server.address() as AddressInfo).port}/x`;
}

it('while it waits for the headers', async () => {
  const url = await serve(() => {});
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  await expect(web.get(url, '127.0.0.1', stop.signal)).rejects.toThrow(/dumps\.example:\d+ failed/);
});

it('in the middle of the body, and the connection is closed', async () => {
  let closed: () => void;
  const gone = new Promise<void>(resolve => {
    closed = resolve;
  });
  const url = await serve((_request, response) => {
    response.on('close', () => closed());
    response.writeHead(200);
    response.write('PGDMP');
  });
  const stop = new AbortController();
  const { body } = await web.get(url, '127.0.0.1', stop.signal);
  const read = async () => {
    for await (const chunk of body) if (chunk.length > 0) stop.abort();
  };
  await expect(read()).rejects.toThrow(/failed/);
  await gone;
});
