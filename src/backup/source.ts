/** Which pod a capture reads from. */
import { type Cluster, livePrimary, type Pod, podOf, podState } from '../cluster/cluster.ts';
import { formatRef } from '../cluster/names.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { Failure } from '../errors.ts';

export function chooseSource(cluster: Cluster, wanted: Ordinal | undefined): Pod {
  const ref = formatRef(cluster.ref);
  const see = `See vd pg:info ${ref}`;
  if (wanted === undefined) {
    const primary = livePrimary(cluster);
    if (primary !== undefined) return primary;
    throw new Failure('refused', `no pod of ${ref} accepts writes, so there is no primary to capture from`, {
      hint: `${see}; a standby can be captured with --from-replica <n>.`,
    });
  }
  const pod = podOf(cluster, wanted);
  if (pod === undefined)
    throw new Failure(
      'not-found',
      `${ref} has no pod ${wanted}: it has ${cluster.spec.replicas}, numbered from 0`,
      { hint: `${see}.` },
    );
  const state = podState(cluster, pod);
  if (pod.answer === undefined)
    throw new Failure('refused', `ordinal ${wanted} of ${ref} does not answer: ${pod.silence}`, {
      hint: `${see}, or capture from the primary: vd pg:backups:capture ${ref}.`,
    });
  if (state === 'primary' || state === 'streaming' || state === 'catching-up') return pod;
  throw new Failure('refused', `ordinal ${wanted} of ${ref} is ${state}: its data may be old`, {
    hint: `${see}, or capture from the primary: vd pg:backups:capture ${ref}.`,
  });
}
