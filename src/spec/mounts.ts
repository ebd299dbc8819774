/** What is mounted where: docker refuses a pod with two mounts on one place, so that is said here. */
import type { VolumeClaim } from './postgres-spec.ts';
import type { Problems } from './problems.ts';
import { isMap } from './values.ts';
import { words } from './words.ts';

export const dataMount = '/var/lib/postgresql/data';
const backupsMount = '/backups';

/** An operator's mount at these would go around the pod's entrypoint. */
const ownedMounts: Readonly<Record<string, string>> = {
  [dataMount]: 'data lives in the volume claim data',
  '/usr/local/bin/voodu-postgres-entrypoint': "the pod's entrypoint is mounted there",
  '/etc/postgresql/conf.d/voodu-50-streaming.conf': 'use pg_config',
  '/etc/postgresql/conf.d/voodu-99-overrides.conf': 'use pg_config',
  '/etc/postgresql/voodu-50-streaming.conf': 'use pg_config',
  '/etc/postgresql/voodu-99-overrides.conf': 'use pg_config',
  '/etc/postgresql/postgresql.conf': 'the server reads no file there; use pg_config',
  '/etc/postgresql/pg_hba.conf':
    'the server reads no file there; pg_hba.conf is in the data directory of every pod',
  '/docker-entrypoint-initdb.d/00_create_replication.sh': 'mount your script under another name there',
  '/var/lib/voodu': "the cluster's record of epochs is mounted there",
  '/etc/voodu': "the cluster's live settings are mounted there",
};

/** A claim is a volume for each pod, and backups belong to the cluster. */
const claimedBackups = 'all pods share it: volumes = ["/srv/backups:/backups"] puts it elsewhere';

const ownerOf = (destination: string) =>
  Object.hasOwn(ownedMounts, destination) ? ownedMounts[destination] : undefined;

/** The path inside the container of a docker `-v` string. */
export function mountDestination(volume: string): string {
  const parts = volume.split(':');
  return trimSlash(parts.length === 1 ? parts[0]! : parts[1]!);
}

const trimSlash = (path: string) => path.replace(/(.)\/+$/, '$1');

export function parseVolumes(value: unknown, problems: Problems): string[] {
  const taken = new Set<string>();
  return words('volumes', value, problems).filter((volume, index) => {
    const destination = mountDestination(volume);
    const owner = ownerOf(destination);
    if (owner !== undefined) problems.add(`volumes[${index}]`, `${destination} is the plugin's`, owner);
    if (taken.has(destination)) problems.add(`volumes[${index}]`, `${destination} is mounted twice`);
    taken.add(destination);
    return owner === undefined;
  });
}

export function parseClaims(
  list: readonly unknown[],
  volumes: readonly string[],
  problems: Problems,
): VolumeClaim[] {
  const taken = new Set(volumes.map(mountDestination));
  return list.flatMap((claim, index) => {
    const path = `volume_claims[${index}]`;
    const { name, mount_path, size } = isMap(claim) ? claim : ({} as Record<string, unknown>);
    if (typeof name !== 'string' || typeof mount_path !== 'string') {
      problems.add(path, 'wants a name and a mount_path', 'volume_claim "wal" { mount_path = "/wal" }');
      return [];
    }
    const destination = trimSlash(mount_path);
    const owner = destination === backupsMount ? claimedBackups : ownerOf(destination);
    if (name === 'data' && destination !== dataMount)
      problems.add(path, `data is mounted at ${dataMount}, not ${mount_path}`);
    if (name !== 'data' && owner !== undefined) problems.add(path, `${destination} is the plugin's`, owner);
    if (taken.has(destination)) problems.add(path, `${destination} is mounted twice`);
    taken.add(destination);
    return [
      {
        name,
        mount_path: destination,
        ...(size === undefined || size === null ? {} : { size: String(size) }),
      },
    ];
  });
}
