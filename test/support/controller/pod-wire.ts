/** Pods as the API shows them (contract 5.1, 5.3). */
import type { Pod } from './engine.ts';

export function podJson(pod: Pod): Record<string, unknown> {
  const { labels } = pod;
  return {
    name: pod.name,
    kind: labels['voodu.kind'],
    scope: labels['voodu.scope'],
    resource_name: labels['voodu.name'],
    replica_id: labels['voodu.replica_id'],
    role: labels['voodu.role'],
    release_id: labels['voodu.release_id'] ?? '',
    image: pod.image,
    status: statusText(pod),
    running: pod.state === 'running',
    created_at: pod.createdAt,
  };
}

export function podDetailJson(pod: Pod): Record<string, unknown> {
  return {
    ...podJson(pod),
    id: pod.id,
    state: {
      status: pod.state,
      running: pod.state === 'running',
      exit_code: pod.exitCode,
      started_at: pod.startedAt,
      finished_at: '',
      restarts: pod.restarts,
    },
    command: pod.command,
    entrypoint: pod.entrypoint,
    working_dir: pod.workingDir,
    restart_policy: pod.restartPolicy,
    env: pod.env,
    labels: pod.labels,
    networks: pod.networks,
    mounts: pod.mounts,
    ports: pod.ports,
  };
}

function statusText(pod: Pod): string {
  if (pod.state === 'created') return 'Created';
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(pod.startedAt)) / 1000));
  const age = seconds < 60 ? `${seconds} seconds` : `${Math.floor(seconds / 60)} minutes`;
  return pod.state === 'running' ? `Up ${age}` : `Exited (${pod.exitCode}) ${age} ago`;
}
