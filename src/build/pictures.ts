/** Draws docs/*.svg. `--check` only says which one is stale. `make generate` does this and more (generate.ts). */
import { pictures } from './docs/pictures.ts';
import { writeGenerated } from './docs/write-generated.ts';

writeGenerated(pictures, process.argv.includes('--check'));
