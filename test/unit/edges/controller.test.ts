/** What the controller says, and what it may not be taken for. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createController } from '../../../src/edges/controller.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A controller that answers everything with this. */
async function answering(status: number, body: unknown, delayMs = 0, endsAt?: Date) {
  server = createServer((_request, response) => {
    setTimeout(() => response.writeHead(status).end(JSON.stringify(body)), delayMs);
  });
  await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve));
  return createController(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, endsAt);
}

const refusal = { status: 'error', error: 'statefulset/lab/db not found' };

it('not found is an answer to describe', async () => {
  const controller = await answering(404, refusal);
  expect(await controller.describe('statefulset', 'lab', 'db')).toBeUndefined();
});

it('and a failure of everything else: nothing was recorded, applied or read', async () => {
  const controller = await answering(404, refusal);
  for (const call of [
    () => controller.record('lab', 'db', { A: 'b' }),
    () => controller.apply({ kind: 'asset', name: 'x', spec: {} }),
    () => controller.manifests('statefulset'),
    () => controller.bucket('lab', 'db'),
    () => controller.scopeBucket('lab'),
  ])
    await expect(call()).rejects.toMatchObject({
      kind: 'controller',
      message: expect.stringMatching(/the controller refused (GET|POST) \/.*statefulset\/lab\/db not found/),
    });
});

it('an answer of another shape is the controller\u2019s, with its place, and no internal error', async () => {
  const controller = await answering(200, { status: 'ok', data: { vars: { A: 7 }, manifest: {} } });
  await expect(controller.bucket('lab', 'db')).rejects.toMatchObject({
    kind: 'controller',
    message: expect.stringMatching(/the controller's answer to GET \/config is not understood: vars\.A: /),
  });
  await expect(controller.describe('statefulset', 'lab', 'db')).rejects.toMatchObject({ kind: 'controller' });
  await expect(controller.manifests()).rejects.toMatchObject({ kind: 'controller' });
});

it('nothing is waited for beyond the end of the command', async () => {
  const controller = await answering(200, { status: 'ok', data: {} }, 2_000, new Date(Date.now() + 150));
  const began = Date.now();
  await expect(controller.bucket('lab', 'db')).rejects.toMatchObject({ kind: 'controller' });
  expect(Date.now() - began).toBeLessThan(1_000);
  await expect(controller.bucket('lab', 'db')).rejects.toMatchObject({ kind: 'deadline' });
});
