/** The docker engine, through its CLI and execa. */
import { execa } from 'execa';
import { Failure } from '../errors.ts';
import type { Docker, ExecOptions, Finished, RunOptions } from '../io.ts';
import { clipTo } from './clip.ts';
import { parseContainers } from './docker-inspect.ts';

const defaultTimeoutMs = 20_000;

/** No call outlasts `endsAt`: a process that waits for docker then is killed before it can say so. */
export function createDocker(endsAt?: Date): Docker {
  const cli = (words: readonly string[], options: ExecOptions = {}) => runCli(words, options, endsAt);
  const must = async (words: readonly string[], options: ExecOptions = {}): Promise<string> => {
    const { stdout, stderr, exitCode } = await cli(words, options);
    if (exitCode !== 0) throw failed(words[0]!, stderr);
    return stdout;
  };
  return {
    inspect: async names => {
      if (names.length === 0) return [];
      // An unknown name makes docker exit 1 and still print the known ones.
      const { stdout, stderr, exitCode } = await cli(['container', 'inspect', ...names]);
      if (exitCode !== 0 && !/no such container/i.test(stderr)) throw failed('inspect', stderr);
      return parseContainers(stdout);
    },
    list: async labels => {
      const filters = Object.entries(labels).flatMap(([key, value]) => ['--filter', `label=${key}=${value}`]);
      return lines(await must(['ps', '--all', '--no-trunc', '--format', '{{.Names}}', ...filters]));
    },
    exec: (container, command, options = {}) => {
      const { user, env = {}, input } = options;
      const words = [
        'exec',
        ...(input === undefined ? [] : ['-i']),
        ...(user === undefined ? [] : ['--user', user]),
      ];
      // `-e NAME` without a value takes it from this process's environment, so no value is in an argv.
      for (const name of Object.keys(env)) words.push('-e', name);
      return cli([...words, container, ...command], options);
    },
    start: async container => void (await must(['start', container])),
    stop: async (container, graceSeconds) =>
      void (await must(['stop', '-t', String(graceSeconds), container], {
        timeoutMs: (graceSeconds + 10) * 1000,
      })),
    kill: async (container, signal) => void (await must(['kill', '--signal', signal, container])),
    unpause: async container => void (await must(['unpause', container])),
    remove: async (container, { force = false } = {}) =>
      void (await must(['rm', '--volumes', ...(force ? ['--force'] : []), container])),
    run: async options =>
      (
        await must(['run', '--detach', ...runWords(options)], { env: options.env ?? {}, timeoutMs: 60_000 })
      ).trim(),
    logs: (container, { tail } = {}) =>
      cli(['logs', ...(tail === undefined ? [] : ['--tail', String(tail)]), container]),
  };
}

function runWords(options: RunOptions): string[] {
  const words = ['--name', options.name];
  for (const [key, value] of Object.entries(options.labels ?? {})) words.push('--label', `${key}=${value}`);
  for (const name of Object.keys(options.env ?? {})) words.push('--env', name);
  for (const volume of options.volumes ?? []) words.push('--volume', volume);
  for (const path of options.tmpfs ?? []) words.push('--tmpfs', path);
  if (options.network !== undefined) words.push('--network', options.network);
  if (options.user !== undefined) words.push('--user', options.user);
  if (options.entrypoint !== undefined) words.push('--entrypoint', options.entrypoint);
  return [...words, ...(options.extra ?? []), options.image, ...options.command];
}

async function runCli(
  words: readonly string[],
  { input, env, timeoutMs: wantedMs = defaultTimeoutMs }: ExecOptions,
  endsAt: Date | undefined,
): Promise<Finished> {
  const timeoutMs = clipTo(endsAt, wantedMs);
  if (timeoutMs === 0)
    throw new Failure('deadline', `docker ${words[0]} was not begun: the time of this command is over`);
  const result = await execa('docker', words, {
    reject: false,
    stripFinalNewline: false,
    timeout: timeoutMs,
    forceKillAfterDelay: 500,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...(env === undefined ? {} : { env: { ...env } }),
  });
  if (result.timedOut)
    throw new Failure(
      'deadline',
      `docker ${words[0]} did not answer within ${Math.round(timeoutMs / 100) / 10} s`,
    );
  if (result.exitCode === undefined)
    throw new Failure('docker', `docker could not be run: ${result.originalMessage ?? 'unknown reason'}`, {
      hint: 'The plugin needs the docker CLI on its PATH and access to the engine.',
      cause: result,
    });
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

function failed(verb: string, stderr: string): Failure {
  const reason = lines(stderr).at(-1) ?? 'no reason given';
  return new Failure(
    'docker',
    `docker ${verb} failed: ${reason.replace(/^Error response from daemon: /, '')}`,
  );
}

const lines = (output: string): string[] => output.split('\n').filter(line => line !== '');
