/** The keys of a cluster's config bucket, declared once (the README table derives from this list). */

export interface BucketKey {
  readonly key: string;
  readonly owner: string;
  readonly purpose: string;
}

export const bucketKeys = {
  password: {
    key: 'POSTGRES_PASSWORD',
    owner: 'generated at the first apply; `new-password`',
    purpose: 'superuser password; `link` reads it, `new-password` rotates it',
  },
  replicationPassword: {
    key: 'POSTGRES_REPLICATION_PASSWORD',
    owner: 'generated at the first apply; `new-password --replication`',
    purpose: 'password of the replication role',
  },
  linkedConsumers: {
    key: 'POSTGRES_LINKED_CONSUMERS',
    owner: '`link`, `unlink`',
    purpose: 'comma-separated `<scope>/<name>` refs whose URLs follow promotes and rotations',
  },
  linkOptions: {
    key: 'POSTGRES_LINK_OPTIONS',
    owner: '`link`, `unlink`',
    purpose: 'the links that are more than a `DATABASE_URL`: `<scope>/<name>?alias=REPORTS&reads&app`',
  },
  appPassword: {
    key: 'POSTGRES_APP_PASSWORD',
    owner: '`link --app-role`; `new-password --app-role`',
    purpose: 'password of `voodu_app`, the role without superuser rights',
  },
  exposePublic: {
    key: 'PG_EXPOSE_PUBLIC',
    owner: '`expose`, `unexpose`',
    purpose: '`"true"` publishes the port on 0.0.0.0; absent = loopback',
  },
  primaryOrdinal: {
    key: 'PG_PRIMARY_ORDINAL',
    owner: 'first apply (`0`); `promote`',
    purpose: 'current primary; pods use it at their very first start only',
  },
  dataMajor: {
    key: 'PG_DATA_MAJOR',
    owner: 'first apply',
    purpose:
      "PostgreSQL major of the data, where the image's tag shows it; an apply with another major is refused",
  },
  clusterId: {
    key: 'PG_CLUSTER_ID',
    owner: 'first apply',
    purpose: "tells this cluster's records from those of a deleted one of the same name",
  },
  backupKeep: {
    key: 'BACKUP_KEEP',
    owner: 'first apply (`30`); operator',
    purpose: 'how many backups are kept; `0` or empty = no limit',
  },
  backupMaxAge: {
    key: 'BACKUP_MAX_AGE',
    owner: 'operator',
    purpose: 'how old backups may get: `7d`, `2w`, `168h`; empty = no limit',
  },
} as const satisfies Record<string, BucketKey>;

/** Random bytes of a generated password, which is written as hex. */
export const passwordBytes = 32;

export type Bucket = Readonly<Record<string, string>>;

/** A key's value; the controller deletes empty values, so empty is absent. */
export function bucketValue(bucket: Bucket, key: keyof typeof bucketKeys): string | undefined {
  return bucket[bucketKeys[key].key] || undefined;
}
