import { type Backup, loadCatalogue } from '../../backup/catalogue.ts';
import { findAbandoned, loadShelf, placeOf, type Shelf } from '../../backup/place.ts';
import { command, json, text } from '../../cli/command.ts';
import { Unfit } from '../../cli/params.ts';
import { renderTable } from '../../cli/table.ts';
import { readAppliedSpec } from '../../cluster/applied-spec.ts';
import { type ClusterRef, formatRef } from '../../cluster/names.ts';
import { isRefWord, parseRef } from '../../cluster/parse-ref.ts';
import { Failure, isFailure } from '../../errors.ts';
import { formatBytes } from '../../format.ts';
import type { Io } from '../../io.ts';
import { jsonSwitch, outputFormat, wantsJson } from '../shared-params.ts';

type Wanted = Partial<ClusterRef>;

export const backups = command({
  name: 'backups',
  summary: 'List backups with their status: running, complete, failed, corrupt',
  params: {
    of: {
      type: 'positional',
      metavar: '<scope>[/<name>]',
      doc: 'a cluster, or all of a scope; absent: all of this host',
      optional: true,
      parse: parseWanted,
    },
    output: outputFormat,
    json: jsonSwitch,
  },
  details: `
Complete means whole: the dump was decoded to its end before it got its name. "verified" names the last time its checksum and
a full decode agreed, "tested" the last restore into a throw-away database. Backups of older plugins are listed as unverified
until vd pg:backups:verify has looked at them. Backups outlive their cluster: those of a deleted one are listed, downloaded,
pruned and deleted by its old name. To restore them, apply the cluster again.`,
  examples: [
    { line: 'vd pg:backups my-app/db', does: 'one cluster' },
    { line: 'vd pg:backups my-app', does: 'every cluster of a scope' },
    { line: 'vd pg:backups my-app/db --json', does: 'for a program' },
  ],
  run: async ({ io }, values) => {
    const listed = await loadLists(io, values.of ?? {});
    if (wantsJson(values))
      return json({
        backups: listed.flatMap(({ shelf, catalogue }) => catalogue.map(backup => viewOf(shelf, backup))),
        problems: listed.flatMap(({ shelf: { ref }, problem }) =>
          problem === undefined ? [] : [{ cluster: formatRef(ref), message: problem }],
        ),
      });
    if (listed.length === 0) return text('no postgres cluster is applied on this host\n');
    return text(`${listed.map(formatList).join('\n\n')}\n`);
  },
});

function parseWanted(word: string): Wanted {
  if (word.includes('/')) return parseRef(word);
  if (isRefWord(word)) return { scope: word };
  throw new Unfit('wants <scope>/<name> or <scope>, like my-app/db');
}

interface Listed {
  readonly shelf: Pick<Shelf, 'ref' | 'spec'>;
  readonly catalogue: readonly Backup[];
  /** Why there is no list. */
  readonly problem: string | undefined;
}

/** A cluster whose backups cannot be read takes none of the others with it. */
async function loadLists(io: Io, { scope, name }: Wanted): Promise<readonly Listed[]> {
  if (scope !== undefined && name !== undefined)
    return [await listOf(io, await loadShelf(io, { scope, name }))];
  const stored = (await io.controller.manifests('statefulset'))
    .filter(
      manifest =>
        (scope === undefined || manifest.scope === scope) &&
        (manifest.spec['env'] as Record<string, unknown> | undefined)?.['PG_NAME'] !== undefined,
    )
    .map(manifest => ({ manifest, ref: { scope: manifest.scope ?? '', name: manifest.name } }));
  const [applied, abandoned] = await Promise.all([
    Promise.all(
      stored.map(({ ref, manifest }) =>
        Promise.resolve()
          .then(async () => listOf(io, await placeOf(io.docker, ref, readAppliedSpec(ref, manifest))))
          .catch(error => ({ shelf: { ref, spec: undefined }, catalogue: [], problem: problemIn(error) })),
      ),
    ),
    findAbandoned(
      io,
      stored.map(({ ref }) => ref),
      scope,
    ).then(shelves => Promise.all(shelves.map(shelf => listOf(io, shelf)))),
  ]);
  // Other plugins keep backups there too; theirs are none of ours.
  const listed = [...applied, ...abandoned.filter(({ catalogue }) => catalogue.length > 0)];
  if (listed.length > 0 || scope === undefined) return listed;
  throw new Failure('not-found', `there is no postgres cluster in scope ${scope}`, {
    hint: 'vd pg:list lists all clusters.',
  });
}

const listOf = async (io: Io, shelf: Shelf): Promise<Listed> => ({
  shelf,
  catalogue: await loadCatalogue(io, shelf),
  problem: undefined,
});

function problemIn(error: unknown): string {
  if (isFailure(error)) return error.message;
  throw error;
}

/** The shape programs read: fields are added, never renamed. */
function viewOf(
  { ref, spec }: Listed['shelf'],
  { id, status, createdAt, sizeBytes, stamp, path, sidecar, standing, reason }: Backup,
) {
  return {
    cluster: formatRef(ref),
    /** Its backups are kept, and the cluster is not applied any more. */
    cluster_deleted: spec === undefined,
    id,
    status,
    created_at: createdAt,
    size_bytes: sizeBytes ?? null,
    file: path === undefined ? null : `${id}-${stamp}.dump`,
    path: path ?? null,
    standing: path === undefined ? null : standing,
    reason: reason ?? null,
    verified_at: sidecar?.verified_at ?? null,
    tested_at: sidecar?.tested?.at ?? null,
    tested: sidecar?.tested?.result ?? null,
    sha256: sidecar?.sha256 ?? null,
    database: sidecar?.database ?? null,
    database_bytes: sidecar?.database_bytes ?? null,
    server_version: sidecar?.server_version ?? null,
    source_ordinal: sidecar?.source_ordinal ?? null,
    duration_seconds: sidecar?.duration_seconds ?? null,
    tables: sidecar?.tables.length ?? null,
    rows: sidecar?.row_count ?? null,
  };
}

function formatList({ shelf: { ref, spec }, catalogue, problem }: Listed): string {
  const title = `=== Backups for ${formatRef(ref)}`;
  if (problem !== undefined) return `${title}\n\n  cannot be listed: ${problem}`;
  if (spec === undefined) return `${title} (the cluster was deleted)\n\n${tableOf(catalogue)}`;
  if (catalogue.length === 0)
    return `${title}\n\n  none yet; make one: vd pg:backups:capture ${formatRef(ref)}`;
  return `${title}\n\n${tableOf(catalogue)}`;
}

function tableOf(catalogue: readonly Backup[]): string {
  if (catalogue.length === 0) return '  none';
  const rows = catalogue.map(backup => [
    `  ${backup.id}`,
    backup.status,
    backup.createdAt,
    backup.sizeBytes === undefined ? '-' : formatBytes(backup.sizeBytes),
    checksOf(backup),
  ]);
  return renderTable([['  ID', 'Status', 'Created at', 'Size', 'Checks'], ...rows], '   ');
}

function checksOf({ status, sidecar, standing, reason }: Backup): string {
  if (status === 'failed' || status === 'corrupt') return reason ?? '';
  if (status === 'running') return '';
  const tested = sidecar?.tested;
  return [
    standing === 'verified' ? `verified ${sidecar?.verified_at ?? ''}`.trim() : 'unverified',
    ...(tested
      ? [tested.result === 'ok' ? `tested ${tested.at}` : `TEST FAILED ${tested.at}: ${tested.detail}`]
      : []),
  ].join(', ');
}
