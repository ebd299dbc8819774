/** A primary that must not come back: killed, and seen to stay dead. */
import { expect, it } from 'vitest';
import { Failure } from '../../../src/errors.ts';
import { deadlineAt } from '../../../src/failover/deadline.ts';
import { fence } from '../../../src/failover/fence.ts';
import type { Container } from '../../../src/io.ts';
import { aDocker } from '../../fakes/a-docker.ts';
import { aHost } from '../../fakes/a-host.ts';
import { silent } from '../../support/cluster-view.ts';

/** A container that shows these states one after another; the last one stays. `kill` may change what comes. */
function engine(states: Container['state'][], onKill: (states: Container['state'][]) => void = () => {}) {
  const host = aHost();
  const did: string[] = [];
  const docker = aDocker({
    inspect: async () => {
      const state = states.length > 1 ? states.shift()! : states[0]!;
      return [{ ...silent(0).container!, state }];
    },
    kill: async () => {
      did.push('kill');
      onKill(states);
    },
    unpause: async () => void did.push('unpause'),
  });
  const deadline = deadlineAt(host, new Date(host.now().getTime() + 27_000), 'asking the pods');
  const run = () => fence({ docker, host }, deadline, silent(0), 'vd pg:promote lab/db --replica 1 --force');
  return { run, did, host };
}

it('kills what runs, and takes one look at it for no proof', async () => {
  const { run, did, host } = engine(['running', 'exited']);
  const began = host.now().getTime();
  await run();
  expect(did).toEqual(['kill']);
  expect(host.now().getTime() - began).toBeGreaterThanOrEqual(300);
});

it('a crash loop is ended: every return is killed again', async () => {
  const { run, did } = engine(['restarting', 'exited', 'running', 'restarting', 'exited']);
  await run();
  expect(did).toEqual(['kill', 'kill', 'kill']);
});

it('a frozen one thaws only into its end', async () => {
  const { run, did } = engine(['paused', 'exited']);
  await run();
  expect(did).toEqual(['kill', 'unpause']);
});

it('a kill that fails is tried again, and never followed by a thaw', async () => {
  let failures = 2;
  const { run, did } = engine(['paused', 'paused', 'paused', 'exited'], () => {
    if (failures-- > 0) throw new Failure('docker', 'docker kill failed: the engine is busy');
  });
  await run();
  expect(did).toEqual(['kill', 'kill', 'kill', 'unpause']);
});

it('what does not die within the time stops the promotion, with its state and the reason', async () => {
  const { run, host } = engine(['running'], () => {
    throw new Failure('docker', 'docker kill failed: permission denied');
  });
  const began = host.now().getTime();
  await expect(run()).rejects.toMatchObject({
    kind: 'docker',
    message: expect.stringMatching(
      /ordinal 0 could not be fenced: after 18(\.\d)? s its container lab-db\.0 is running \(docker kill failed: permission denied\); nothing was promoted/,
    ),
    hint: expect.stringContaining('docker kill lab-db.0'),
    cause: expect.any(Failure),
  });
  // What comes after the claim still fits.
  expect(host.now().getTime() - began).toBeLessThan(19_000);
});
