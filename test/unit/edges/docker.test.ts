/** Calls of docker end with the command that makes them. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDocker } from '../../../src/edges/docker.ts';

const path = process.env['PATH'];
let bin: string;
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), 'voodu-docker-'));
  // A docker that hangs.
  writeFileSync(join(bin, 'docker'), '#!/bin/sh\nexec sleep 30\n');
  chmodSync(join(bin, 'docker'), 0o755);
  process.env['PATH'] = `${bin}:${path}`;
});
afterAll(() => {
  process.env['PATH'] = path;
  rmSync(bin, { recursive: true, force: true });
});

it('none outlasts the end of the command, and none is begun after it', async () => {
  const docker = createDocker(new Date(Date.now() + 300));
  const began = Date.now();
  await expect(docker.run({ name: 'x', image: 'y', command: [] })).rejects.toMatchObject({
    kind: 'deadline',
    message: expect.stringMatching(/^docker run did not answer within 0\.[123] s$/),
  });
  expect(Date.now() - began).toBeLessThan(1_500);
  await expect(docker.list({})).rejects.toMatchObject({
    kind: 'deadline',
    message: 'docker ps was not begun: the time of this command is over',
  });
});
