/** Manifests and actions as they are on the controller's wire (contract 3.2, 4). */

export interface Manifest {
  readonly kind: 'asset' | 'statefulset' | 'job' | 'cronjob';
  readonly scope: string;
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface ConfigSet {
  readonly type: 'config_set';
  readonly scope: string;
  readonly name: string;
  readonly kv: Readonly<Record<string, string>>;
  readonly skip_restart?: boolean;
  readonly summary?: string;
}

export interface ConfigUnset {
  readonly type: 'config_unset';
  readonly scope: string;
  readonly name: string;
  readonly keys: readonly string[];
  readonly skip_restart?: boolean;
  readonly summary?: string;
}

export interface ApplyManifest {
  readonly type: 'apply_manifest';
  readonly scope: string;
  readonly name: string;
  readonly manifest: {
    readonly kind: string;
    readonly scope: string;
    readonly name: string;
    readonly spec: Readonly<Record<string, unknown>>;
  };
  readonly summary?: string;
}

/** Run by the operator's CLI after the reply, with its terminal attached. */
export interface ExecLocal {
  readonly type: 'exec_local';
  readonly command: readonly string[];
  readonly summary?: string;
}

export interface FetchFile {
  readonly type: 'fetch_file';
  readonly remote_path: string;
  readonly dest_path: string;
  readonly size_bytes?: number;
  readonly summary?: string;
}

export type Action = ConfigSet | ConfigUnset | ApplyManifest | ExecLocal | FetchFile;
