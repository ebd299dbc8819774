/**
 * Entry of the executable. Where its runtime can be run at build time, what ships is the snapshot of a heap in which the
 * plugin is loaded and has expanded a block before, so that a start compiles next to nothing.
 */
import { dirname } from 'node:path';
import { startupSnapshot } from 'node:v8';
import type { Context } from '../cli/command.ts';
import { dispatch } from '../cli/dispatch.ts';
import { formatFailure } from '../errors.ts';
import { main } from '../main.ts';
import { dispatcher } from '../plugin.ts';
import { errorEnvelope, okEnvelope } from '../protocol/envelope.ts';

/** What `import.meta.dirname` becomes: the executable lies in bin/ as the bundle lies in dist/. */
Object.defineProperty(globalThis, 'vooduProgramDirectory', { get: () => dirname(process.execPath) });

const start = () => void main(process.argv.slice(2), new Date());

const bare = { kind: 'postgres', scope: 'scope', name: 'name' };
const full = {
  ...bare,
  spec: {
    image: 'postgres:17',
    replicas: 3,
    pg_config: { max_connections: 200, shared_buffers: '256MB', log_statement: 'ddl' },
    env: { KEY: 'value' },
    volumes: ['/srv/files:/files'],
    resources: { limits: { cpu: '1', memory: '1Gi' } },
  },
  config: { POSTGRES_PASSWORD: 'x', POSTGRES_REPLICATION_PASSWORD: 'x', PG_PRIMARY_ORDINAL: '0' },
};

async function warmUp(): Promise<void> {
  for (const request of [bare, full, { ...bare, spec: { replica: 1 } }]) await rehearse(['expand'], request);
  for (const argv of [['version'], ['help'], ['help', 'expand']]) await rehearse(argv);
}

/** A command that asks the world outside nothing but its stdin and a password. */
async function rehearse(argv: readonly string[], request: unknown = ''): Promise<void> {
  const context = {
    io: { host: { randomHex: (bytes: number) => '0'.repeat(2 * bytes), environment: () => ({}) } },
    pluginDir: '/',
    root: '/',
    typedAs: 'pg',
    stdin: async () => JSON.stringify(request),
    deadline: new Date(0),
  } as unknown as Context;
  try {
    const reply = await dispatch(dispatcher, argv, () => context);
    if (reply.type === 'expand') okEnvelope(reply.data);
  } catch (error) {
    errorEnvelope(formatFailure(error));
  }
}

if (startupSnapshot.isBuildingSnapshot()) {
  // The builder's process id would make every build a different one.
  Object.defineProperty(process, 'pid', { value: 1, writable: false, enumerable: true, configurable: true });
  startupSnapshot.setDeserializeMainFunction(start);
  void warmUp();
} else {
  start();
}
