import { type Backup, loadCatalogue } from '../../backup/catalogue.ts';
import { loadPlace, type Place, placeOf } from '../../backup/place.ts';
import { command, json, text } from '../../cli/command.ts';
import { formatBytes } from '../../cli/format.ts';
import { Unfit } from '../../cli/params.ts';
import { renderTable } from '../../cli/table.ts';
import { readAppliedSpec } from '../../cluster/applied-spec.ts';
import { type ClusterRef, formatRef } from '../../cluster/names.ts';
import { parseRef } from '../../cluster/parse-ref.ts';
import { Failure } from '../../errors.ts';
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
until vd pg:backups:verify has looked at them.`,
  examples: [
    { line: 'vd pg:backups my-app/db', does: 'one cluster' },
    { line: 'vd pg:backups my-app', does: 'every cluster of a scope' },
    { line: 'vd pg:backups my-app/db --json', does: 'for a program' },
  ],
  run: async ({ io }, values) => {
    const places = await findPlaces(io, values.of ?? {});
    const listed = await Promise.all(
      places.map(async place => ({ place, catalogue: await loadCatalogue(io, place) })),
    );
    if (wantsJson(values))
      return json({
        backups: listed.flatMap(({ place, catalogue }) => catalogue.map(backup => viewOf(place, backup))),
      });
    if (listed.length === 0) return text('no postgres cluster is applied on this host\n');
    return text(`${listed.map(({ place, catalogue }) => formatList(place, catalogue)).join('\n\n')}\n`);
  },
});

function parseWanted(word: string): Wanted {
  if (word.includes('/')) return parseRef(word);
  if (/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(word)) return { scope: word };
  throw new Unfit('wants <scope>/<name> or <scope>, like my-app/db');
}

async function findPlaces(io: Io, { scope, name }: Wanted): Promise<Place[]> {
  if (scope !== undefined && name !== undefined) return [await loadPlace(io, { scope, name })];
  const stored = (await io.controller.manifests('statefulset')).filter(
    manifest =>
      (scope === undefined || manifest.scope === scope) &&
      (manifest.spec['env'] as Record<string, unknown> | undefined)?.['PG_NAME'] !== undefined,
  );
  if (stored.length === 0 && scope !== undefined)
    throw new Failure('not-found', `there is no postgres cluster in scope ${scope}`, {
      hint: 'vd pg:list lists all clusters.',
    });
  return Promise.all(
    stored.map(manifest => {
      const ref = { scope: manifest.scope ?? '', name: manifest.name };
      return placeOf(io.docker, ref, readAppliedSpec(ref, manifest));
    }),
  );
}

/** The shape programs read: fields are added, never renamed. */
function viewOf(
  { ref }: Place,
  { id, status, createdAt, sizeBytes, stamp, path, sidecar, standing, reason }: Backup,
) {
  return {
    cluster: formatRef(ref),
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

function formatList({ ref }: Place, catalogue: readonly Backup[]): string {
  const title = `=== Backups for ${formatRef(ref)}`;
  if (catalogue.length === 0)
    return `${title}\n\n  none yet; make one: vd pg:backups:capture ${formatRef(ref)}`;
  const rows = catalogue.map(backup => [
    `  ${backup.id}`,
    backup.status,
    backup.createdAt,
    backup.sizeBytes === undefined ? '-' : formatBytes(backup.sizeBytes),
    checksOf(backup),
  ]);
  return `${title}\n\n${renderTable([['  ID', 'Status', 'Created at', 'Size', 'Checks'], ...rows], '   ')}`;
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
