/** The files that derive from declarations, in whole or in part. */
import { plugin } from '../../identity.ts';
import { dispatcher } from '../../plugin.ts';
import { fillMarkers } from './markers.ts';
import { pictures } from './pictures.ts';
import { renderPluginYml } from './plugin-yml.ts';
import { readmeSections } from './readme-sections.ts';

export interface GeneratedFile {
  readonly path: string;
  /** The new text, from the present one. */
  readonly render: (current: string) => string;
}

export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'plugin.yml', render: () => renderPluginYml(plugin, dispatcher.commands) },
  { path: 'README.md', render: current => fillMarkers(current, readmeSections()) },
  ...pictures,
];
