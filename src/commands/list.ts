import { command, json, text } from '../cli/command.ts';
import { renderTable } from '../cli/table.ts';
import { readAppliedSpec } from '../cluster/applied-spec.ts';
import { type ClusterRef, formatRef } from '../cluster/names.ts';
import { isFailure } from '../errors.ts';
import type { StoredManifest } from '../io.ts';
import { jsonSwitch, outputFormat, wantsJson } from './shared-params.ts';

export const list = command({
  name: 'list',
  summary: 'List the postgres clusters of this host',
  params: { output: outputFormat, json: jsonSwitch },
  examples: [{ line: 'vd pg:list', does: 'every cluster with its image and number of pods' }],
  run: async ({ io }, values) => {
    const stored = await io.controller.manifests('statefulset');
    const clusters = stored
      .filter(({ spec }) => (spec['env'] as Record<string, unknown> | undefined)?.['PG_NAME'] !== undefined)
      .map(manifest => {
        const ref = { scope: manifest.scope ?? '', name: manifest.name };
        return { ref: formatRef(ref), ...describe(ref, manifest) };
      });
    if (wantsJson(values)) return json({ clusters });
    if (clusters.length === 0) return text('no postgres cluster is applied on this host\n');
    const rows = clusters.map(cluster =>
      'problem' in cluster
        ? [cluster.ref, `cannot be read: ${cluster.problem}`]
        : [cluster.ref, cluster.image, String(cluster.replicas), cluster.database],
    );
    return text(`${renderTable([['REF', 'IMAGE', 'REPLICAS', 'DATABASE'], ...rows])}\n`);
  },
});

/** A manifest that is no cluster of ours any more hides no other. */
function describe(ref: ClusterRef, manifest: StoredManifest) {
  try {
    const { image, replicas, database } = readAppliedSpec(ref, manifest);
    return { image, replicas, database };
  } catch (error) {
    if (isFailure(error)) return { problem: error.message };
    throw error;
  }
}
