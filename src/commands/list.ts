import { command, json, text } from '../cli/command.ts';
import { renderTable } from '../cli/table.ts';
import { readAppliedSpec } from '../cluster/applied-spec.ts';
import { formatRef } from '../cluster/names.ts';
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
        const { image, replicas, database } = readAppliedSpec(ref, manifest);
        return { ref: formatRef(ref), image, replicas, database };
      });
    if (wantsJson(values)) return json({ clusters });
    if (clusters.length === 0) return text('no postgres cluster is applied on this host\n');
    const rows = clusters.map(({ ref, image, replicas, database }) => [
      ref,
      image,
      String(replicas),
      database,
    ]);
    return text(`${renderTable([['REF', 'IMAGE', 'REPLICAS', 'DATABASE'], ...rows])}\n`);
  },
});
