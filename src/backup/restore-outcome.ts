/** What came of a job, as far as the caller can wait for it: its words, or a terminal that follows it. */
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import type { ExecLocal } from '../protocol/manifest.ts';
import { awaitJob, followJob } from './job.ts';

export interface Outcome {
  readonly message: string;
  readonly actions: readonly ExecLocal[];
}

/** Short jobs answer by themselves; longer ones than this are followed on the operator's terminal. */
const patienceMs = 12_000;
/** Left of the controller's time for the reply. */
const reserveMs = 3_000;

export async function outcomeOf(
  io: Io,
  container: string,
  deadline: Date,
  meanwhile: string,
): Promise<Outcome> {
  const until = new Date(Math.min(io.host.now().getTime() + patienceMs, deadline.getTime() - reserveMs));
  const ended = await awaitJob(io, container, until);
  if (ended === undefined) return { message: meanwhile, actions: [followJob(container)] };
  const { stdout, stderr } = await io.docker.logs(container, { tail: 200 });
  const said = `${stdout}${stderr}`.trim();
  if (ended.exitCode === 0) return { message: said, actions: [] };
  throw failureFrom(said, container, ended.exitCode);
}

/** The script's `FAILED:` line is the message; what follows it is the hint. */
export function failureFrom(said: string, container: string, exitCode: number): Failure {
  const lines = said.split('\n');
  const at = lines.findLastIndex(line => /^FAILED: | FAILED its test: |^the test of /.test(line));
  const end = `docker logs ${container} has all of it.`;
  if (at === -1)
    return new Failure('refused', `${container} ended with status ${exitCode}: ${lines.at(-1) ?? ''}`, {
      hint: end,
    });
  const [first = '', ...rest] = lines.slice(at);
  return new Failure('refused', first.replace(/^FAILED: /, ''), {
    hint: [...rest.map(line => line.trim()).filter(line => line !== ''), end].join('\n'),
  });
}
