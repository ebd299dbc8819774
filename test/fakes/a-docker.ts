/** A docker engine of which a test says what each call does; what it does not name is a mistake of the test. */
import type { Docker, Finished } from '../../src/io.ts';

export function aDocker(calls: Partial<Docker>): Docker {
  return new Proxy(calls as Docker, {
    get: (target, name) =>
      target[name as keyof Docker] ??
      (() => Promise.reject(new Error(`this test has no docker ${String(name)}`))),
  });
}

export const finished = (stdout: string, exitCode = 0, stderr = ''): Finished => ({
  exitCode,
  stdout,
  stderr,
});
