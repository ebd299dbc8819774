/** Writes what derives from declarations: plugin.yml, README.md's tables and pictures. `--check` only says which file is stale. */
import { generatedFiles } from './docs/generated-files.ts';
import { writeGenerated } from './docs/write-generated.ts';

writeGenerated(generatedFiles, process.argv.includes('--check'));
