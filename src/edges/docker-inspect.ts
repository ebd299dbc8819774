/** `docker container inspect` → what we use of it. */
import * as z from 'zod/mini';
import type { Container } from '../io.ts';

const schema = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    RestartCount: z._default(z.number(), 0),
    Config: z.object({
      Image: z.string(),
      Env: z.nullish(z.array(z.string())),
      Labels: z.nullish(z.record(z.string(), z.string())),
    }),
    State: z.object({
      Status: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
      ExitCode: z.number(),
      StartedAt: z.string(),
      FinishedAt: z.string(),
    }),
    Mounts: z.nullish(
      z.array(
        z.object({
          Type: z.string(),
          Name: z.optional(z.string()),
          Source: z._default(z.string(), ''),
          Destination: z.string(),
        }),
      ),
    ),
    NetworkSettings: z.object({
      Networks: z.nullish(z.record(z.string(), z.object({ IPAddress: z.nullish(z.string()) }))),
    }),
  }),
);

export function parseContainers(json: string): Container[] {
  return schema.parse(JSON.parse(json || '[]')).map(found => ({
    name: found.Name.replace(/^\//, ''),
    id: found.Id,
    image: found.Config.Image,
    state: found.State.Status,
    exitCode: found.State.ExitCode,
    startedAt: found.State.StartedAt,
    finishedAt: found.State.FinishedAt,
    restartCount: found.RestartCount,
    env: Object.fromEntries((found.Config.Env ?? []).map(splitVariable)),
    labels: found.Config.Labels ?? {},
    mounts: (found.Mounts ?? []).map(mount => ({
      type: mount.Type,
      source: mount.Source,
      destination: mount.Destination,
      ...(mount.Name === undefined ? {} : { name: mount.Name }),
    })),
    addresses: Object.fromEntries(
      Object.entries(found.NetworkSettings.Networks ?? {}).flatMap(([network, { IPAddress }]) =>
        IPAddress ? [[network, IPAddress]] : [],
      ),
    ),
  }));
}

function splitVariable(entry: string): [string, string] {
  const equals = entry.indexOf('=');
  return equals === -1 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
}
