/**
 * The real ports. Each library is loaded at the first use of its port: `expand` runs on every apply and needs none.
 */
import type { Io } from '../io.ts';
import { host } from './host.ts';

/** `endsAt`: when whatever still waits for docker or the controller gives up. */
export function realIo(controllerUrl: string | undefined, endsAt?: Date): Io {
  return {
    host,
    controller: lazily(async () => (await import('./controller.ts')).createController(controllerUrl, endsAt)),
    docker: lazily(async () => (await import('./docker.ts')).createDocker(endsAt)),
    postgres: lazily(async () => (await import('./postgres-login.ts')).postgresLogin),
    web: lazily(async () => (await import('./web.ts')).web),
    cron: lazily(async () => (await import('./cron.ts')).cron),
    files: lazily(async () => (await import('./files.ts')).files),
    parseHcl: async (filename, text) => (await import('./hcl.ts')).parseHcl(filename, text),
  };
}

/** A stand-in whose every method loads the port first; all methods of these ports are asynchronous. */
function lazily<T extends object>(load: () => Promise<T>): T {
  let loaded: Promise<T> | undefined;
  return new Proxy({} as T, {
    get:
      (_target, name) =>
      async (...args: unknown[]) => {
        loaded ??= load();
        const port = (await loaded) as Record<string | symbol, (...args: unknown[]) => unknown>;
        return port[name]!(...args);
      },
  });
}
