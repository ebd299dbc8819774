/** The process edge: argv, stdin, stdout and exit code live here and nowhere else. */
import { dirname, join } from 'node:path';
import type { Context, Reply } from './cli/command.ts';
import { dispatch } from './cli/dispatch.ts';
import { realIo } from './edges/io.ts';
import { print, readStdin } from './edges/stdio.ts';
import { failureExit, formatFailure, isFailure } from './errors.ts';
import { dispatcher } from './plugin.ts';
import { errorEnvelope, okEnvelope } from './protocol/envelope.ts';
import { parseInvocation } from './protocol/invocation.ts';

/** `vd` gives up after 30 s and the process is killed then (contract 0.1); what cannot be done by here is not begun. */
const patienceMs = 27_000;
/** Whatever still waits for docker or the controller then gives up, so that the reply comes out. */
const hardLimitMs = 28_500;
/** Started by a restore to outlive it: nobody waits for this one. */
const unwaited = 'backups:restore-fetch';

export async function main(argv: readonly string[], startedAt: Date): Promise<void> {
  try {
    const readsRequest = argv[0] === 'expand';
    const stdin = readsRequest ? '' : await readStdin();
    const reply = await dispatch(dispatcher, argv, () => buildContext(argv, stdin, startedAt));
    await print(rendered(reply));
    process.exitCode = 'exit' in reply ? (reply.exit ?? 0) : 0;
  } catch (error) {
    if (process.env['VOODU_DEBUG'] === '1') console.error(error);
    await print(errorEnvelope(formatFailure(error)));
    process.exitCode = isFailure(error) ? failureExit[error.kind] : failureExit.internal;
  }
}

function buildContext(argv: readonly string[], stdin: string, startedAt: Date): Context {
  const invocation = parseInvocation(stdin);
  const pluginDir = invocation.plugin_dir ?? process.env['VOODU_PLUGIN_DIR'] ?? dirname(import.meta.dirname);
  // VOODU_ROOT is the plugins' root here (contract 2.1).
  const pluginsRoot = process.env['VOODU_ROOT'];
  return {
    io: realIo(
      invocation.controller_url,
      argv[0] === unwaited ? undefined : new Date(startedAt.getTime() + hardLimitMs),
    ),
    pluginDir,
    root: pluginsRoot === undefined ? '/opt/voodu' : join(pluginsRoot, '..'),
    typedAs: invocation.plugin ?? 'pg',
    stdin: readStdin,
    deadline: new Date(startedAt.getTime() + patienceMs),
  };
}

function rendered(reply: Reply): string {
  switch (reply.type) {
    case 'message':
      return okEnvelope({ message: reply.message, actions: reply.actions ?? [] });
    case 'expand':
      return okEnvelope(reply.data);
    case 'json':
      return `${JSON.stringify(reply.value, null, 2)}\n`;
    case 'text':
      return reply.text;
  }
}
