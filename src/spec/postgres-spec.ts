/** A postgres block as the rest of the plugin knows it: defaults filled in, types settled. */

export type SettingValue = string | number | boolean;

export interface PostgresSpec {
  readonly image: string;
  readonly replicas: number;
  readonly database: string;
  readonly user: string;
  readonly port: number;
  /** Undefined: generated, or taken from the bucket. */
  readonly password: string | undefined;
  readonly replicationUser: string;
  readonly initdbLocale: string;
  readonly initdbEncoding: string;
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly extensions: readonly string[];
  readonly shmSize: string | undefined;
  readonly stopTimeoutSeconds: number;
  /** Undefined: nothing is captured by itself. */
  readonly backup: BackupSchedule | undefined;
  /** Statefulset keys the operator wrote, in the types the controller decodes. */
  readonly statefulset: StatefulsetKeys;
}

export interface BackupSchedule {
  /** Five cron fields, in UTC. */
  readonly schedule: string;
  readonly keep: number | undefined;
  /** As it was written: `14d`. */
  readonly maxAge: string | undefined;
  readonly fromReplica: number | undefined;
}

export interface StatefulsetKeys {
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly string[] | undefined;
  readonly volumes: readonly string[];
  readonly volume_claims: readonly VolumeClaim[];
  readonly docker_options: readonly string[];
  readonly health_check: string | undefined;
  readonly probes: unknown;
  /** Everything else, as it is. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export interface VolumeClaim {
  readonly name: string;
  readonly mount_path: string;
  readonly size?: string;
}
