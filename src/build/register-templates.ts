/** Lets plain `node` import `.hbs` files, for the build's own scripts. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { templateModule } from './templates-plugin.ts';

registerHooks({
  load(url, context, next) {
    if (!url.endsWith('.hbs')) return next(url, context);
    return {
      format: 'module',
      shortCircuit: true,
      source: templateModule(readFileSync(fileURLToPath(url), 'utf8')),
    };
  },
});
