/** /config (contract 5.1): the bucket, and the side effects of writing it over HTTP. */
import { fanOutRestart } from './actions.ts';
import type { Core } from './core.ts';
import { writeEnvFile } from './env-file.ts';
import { isObject } from './go.ts';
import type { Call, Routes } from './http.ts';
import { envFilePath } from './names.ts';
import { HttpError } from './types.ts';

export function configRoutes(core: Core): Routes {
  return {
    'GET /config': call => {
      const { scope, name } = target(call);
      const vars =
        call.query.get('merge') === 'false' ? core.store.bucket(scope, name) : core.store.merged(scope, name);
      const key = call.query.get('key');
      if (key === null || key === '') return { vars };
      if (!Object.hasOwn(vars, key)) throw new HttpError(404, `key ${JSON.stringify(key)} not set`);
      return { [key]: vars[key] };
    },
    'POST /config': async call => {
      const { scope, name } = target(call);
      const body = await call.json();
      const usable = isObject(body) && Object.keys(body).length > 0;
      if (!usable) throw new HttpError(400, 'body must be a non-empty {KEY: VALUE} object');
      for (const value of Object.values(body)) {
        if (typeof value !== 'string') {
          throw new HttpError(
            400,
            `decode body: json: cannot unmarshal ${typeof value} into Go value of type string`,
          );
        }
      }
      write(core, call, scope, name, body as Record<string, string>);
    },
    'DELETE /config': call => {
      const { scope, name } = target(call);
      const key = call.query.get('key') ?? '';
      if (key === '') throw new HttpError(400, 'key is required');
      write(core, call, scope, name, { [key]: '' });
    },
  };
}

function target(call: Call): { scope: string; name: string } {
  const scope = call.query.get('scope') ?? '';
  if (scope === '') throw new HttpError(400, 'scope is required');
  return { scope, name: call.query.get('name') ?? '' };
}

/**
 * The `.env` is rewritten from the app bucket alone, without spec.env and scope keys. The reconcile that follows merges
 * them again, sees another text, and rolls: even a no-op write does, when either is non-empty.
 */
function write(core: Core, call: Call, scope: string, name: string, kv: Record<string, string>): void {
  core.store.patch(scope, name, kv);
  if (name !== '') writeEnvFile(envFilePath(core.root, scope, name), core.store.bucket(scope, name));
  if (call.query.get('restart') !== 'false') fanOutRestart(core, scope, name);
}
