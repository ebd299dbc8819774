/** The generated tables of README.md: each from the one place where its rows are declared. */
import { usageLine } from '../../cli/usage.ts';
import { bucketKeys } from '../../cluster/bucket.ts';
import { failureExit } from '../../errors.ts';
import { emittedFiles } from '../../expand/asset.ts';
import { planStatefulset } from '../../expand/statefulset.ts';
import { dispatcher } from '../../plugin.ts';
import { fields, refusedFields } from '../../spec/fields.ts';
import { ownedSettings, settingProblem } from '../../spec/guc.ts';
import { parseSpec } from '../../spec/parse-spec.ts';
import { code, markdownTable } from './markdown-table.ts';

export function readmeSections(): Record<string, string> {
  return {
    commands: commandsTable(),
    fields: fieldsTable(),
    'handed-on-fields': handedOnTable(),
    'refused-fields': refusedFieldsTable(),
    'owned-settings': ownedSettingsTable(),
    'bucket-keys': bucketTable(),
    'emitted-files': filesTable(),
    environment: environmentTable(),
    failures: failuresTable(),
  };
}

function commandsTable(): string {
  const shown = dispatcher.commands.filter(({ hidden }) => !hidden);
  return markdownTable(
    ['command', 'what it does'],
    shown.map(command => [code(usageLine(command)), command.summary]),
  );
}

function fieldsTable(): string {
  return markdownTable(
    ['field', 'type', 'default', 'meaning'],
    fields
      .filter(({ owner }) => owner === 'plugin')
      .map(field => [
        code(field.name),
        field.type,
        field.default === undefined ? '' : code(field.default),
        field.doc,
      ]),
  );
}

function handedOnTable(): string {
  return markdownTable(
    ['field', 'type', 'meaning'],
    fields
      .filter(({ owner }) => owner === 'statefulset')
      .map(({ name, type, doc }) => [code(name), type, doc]),
  );
}

function refusedFieldsTable(): string {
  return groupedTable(['field', 'why, and what to do'], Object.entries(refusedFields));
}

function ownedSettingsTable(): string {
  const reasons = ownedSettings.map(
    name => [name, settingProblem(name, '', 1)!.replace('is set by the plugin: ', '')] as const,
  );
  return groupedTable(['setting', 'instead'], reasons);
}

/** One row for all names with the same reason. */
function groupedTable(
  head: readonly string[],
  reasons: readonly (readonly [name: string, reason: string])[],
): string {
  const groups = Map.groupBy(reasons, ([, reason]) => reason);
  return markdownTable(
    head,
    [...groups].map(([reason, entries]) => [entries.map(([name]) => code(name)).join(', '), reason]),
  );
}

function bucketTable(): string {
  return markdownTable(
    ['key', 'written by', 'meaning'],
    Object.values(bucketKeys).map(({ key, owner, purpose }) => [code(key), owner, purpose]),
  );
}

function filesTable(): string {
  return markdownTable(
    ['asset key', 'in the pod', 'read by'],
    emittedFiles.map(({ key, mountPath, loadedBy }) => [code(key), code(mountPath), loadedBy]),
  );
}

/** Of a block without fields, so that the values are the defaults. */
function environmentTable(): string {
  const spec = parseSpec({}, 'postgres');
  const manifest = planStatefulset({ scope: 'my-app', name: 'db' }, spec, {
    root: '/opt/voodu',
    exposed: false,
  });
  const env = manifest.spec['env'] as Record<string, string>;
  return markdownTable(
    ['variable', 'in a bare `postgres "my-app" "db" { }`'],
    Object.entries(env).map(([name, value]) => [code(name), code(value)]),
  );
}

function failuresTable(): string {
  return markdownTable(
    ['kind', 'exit status'],
    Object.entries(failureExit).map(([kind, status]) => [kind, String(status)]),
  );
}
