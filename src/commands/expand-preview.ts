/** `expand -f`: what the postgres blocks of a file become, for a person or as JSON. */
import type { Context, Reply } from '../cli/command.ts';
import { renderTable } from '../cli/table.ts';
import { assetName, formatRef } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import { emittedFiles } from '../expand/asset.ts';
import { type ExpandSurroundings, expand } from '../expand/expand.ts';
import { plugin } from '../identity.ts';
import type { ExpandData } from '../protocol/envelope.ts';
import { type ExpandRequest, parseExpandRequest } from '../protocol/expand-request.ts';

export interface PreviewOptions {
  readonly file: string;
  readonly bucket: string | undefined;
  readonly json: boolean;
}

export async function previewFile(
  { io }: Context,
  around: ExpandSurroundings,
  options: PreviewOptions,
): Promise<Reply> {
  const text = await io.files.read(options.file);
  if (text === undefined)
    throw new Failure('not-found', `there is no file ${options.file}`, {
      hint: 'Name an HCL file: expand -f voodu.hcl.',
    });
  const config = options.bucket === undefined ? {} : await readBucket(io.files.read, options.bucket);
  // Loaded here: an apply previews nothing.
  const { loadBlocks } = await import('../hcl/load-blocks.ts');
  const blocks = await loadBlocks(options.file, text, { ...io.host.environment(), ...config }, io.parseHcl);
  const kinds: readonly string[] = [plugin.name, ...plugin.aliases];
  const ours = blocks.filter(({ kind }) => kinds.includes(kind));
  if (ours.length === 0)
    throw new Failure('spec', `${options.file} holds no postgres block`, {
      hint: 'For example: postgres "my-app" "db" { } .',
    });
  const expansions = ours.map(block => {
    const spec = withoutVersionPin(block.spec);
    const request = parseExpandRequest(JSON.stringify({ ...block, spec, config }));
    return { request, data: expand(request, around) };
  });
  if (options.json)
    return {
      type: 'json',
      value: expansions.map(({ request, data }) => ({ from: title(request), ...data })),
    };
  return {
    type: 'text',
    text: `${expansions.map(({ request, data }) => describe(request, data)).join('\n\n')}\n`,
  };
}

/** The controller takes plugin { } away before it calls us, where there is only one (contract 1.6). */
function withoutVersionPin(spec: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { plugin: pin, ...rest } = spec;
  return Array.isArray(pin) ? { ...spec } : rest;
}

async function readBucket(
  read: (path: string) => Promise<string | undefined>,
  path: string,
): Promise<Record<string, string>> {
  const text = await read(path);
  if (text === undefined)
    throw new Failure('not-found', `there is no file ${path}`, {
      hint: 'A bucket is a JSON object of strings.',
    });
  try {
    return parseExpandRequest(JSON.stringify({ kind: 'postgres', config: JSON.parse(text) })).config;
  } catch (cause) {
    throw new Failure('usage', `${path} is not a bucket`, {
      hint: 'Write {"KEY": "value"}: an object whose values are strings.',
      cause,
    });
  }
}

const title = ({ kind, scope, name }: ExpandRequest) => `${kind} "${scope}" "${name}"`;

function describe(request: ExpandRequest, data: ExpandData): string {
  const ref = { scope: request.scope, name: request.name };
  const spec = data.manifests.find(manifest => manifest.kind === 'statefulset')!.spec as Record<
    string,
    unknown
  >;
  const env = spec['env'] as Record<string, string>;
  const rows = [
    ['  image', String(spec['image'])],
    ['  pods', podSentence(ref.scope, ref.name, Number(spec['replicas']))],
    ['  database', `${env['POSTGRES_DB']}, superuser ${env['POSTGRES_USER']}, port ${env['PG_PORT']}`],
    ['  published', (spec['ports'] as string[]).join(', ')],
    ['  data', `volumes voodu-${ref.scope}-${ref.name}-data-<ordinal>`],
    ['  docker', (spec['docker_options'] as string[]).join(' ')],
    ...(spec['volumes'] as string[]).slice(emittedFiles.length).map(volume => ['  mount', volume]),
  ];
  const actions = data.actions.map(action => `  ${action.type}: ${action.summary ?? ''}`);
  return [
    `${title(request)} becomes`,
    '',
    `asset ${ref.scope}/${assetName(ref)}`,
    renderTable(emittedFiles.map(file => [`  ${file.key}`, file.mountPath])),
    '',
    `statefulset ${formatRef(ref)}`,
    renderTable(rows),
    '',
    ...schedulesOf(data),
    actions.length === 0
      ? 'no actions: the bucket holds everything already'
      : `actions\n${actions.join('\n')}`,
  ].join('\n');
}

function schedulesOf(data: ExpandData): string[] {
  const cronjobs = data.manifests.filter(({ kind }) => kind === 'cronjob');
  return cronjobs.flatMap(({ scope, name, spec }) => [
    `cronjob ${scope}/${name}`,
    `  captures a backup at ${String(spec['schedule'])} (${String(spec['timezone'])})`,
    '',
  ]);
}

function podSentence(scope: string, name: string, replicas: number): string {
  const pod = (ordinal: number) => `${scope}-${name}.${ordinal}`;
  if (replicas === 1) return `${pod(0)}, a single primary`;
  return `${pod(0)} primary, ${Array.from({ length: replicas - 1 }, (_, index) => pod(index + 1)).join(', ')} standby`;
}
