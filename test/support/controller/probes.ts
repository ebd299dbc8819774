/** kubelet-style probes of pods (contract 6.6). */
import { connect } from 'node:net';
import type { Engine } from './engine.ts';
import * as go from './go.ts';
import type { LabEvent } from './types.ts';
import type { ProbeSpec, ProbesSpec } from './workload-spec.ts';

export interface Readiness {
  readonly container_name: string;
  readonly replica_id: string;
  readonly ready: boolean;
  readonly startup_passed: boolean;
  readonly readiness_phase: string;
  readonly reason?: string;
  readonly last_transition: string;
}

export interface ProbeTarget {
  readonly kind: string;
  readonly scope: string;
  readonly name: string;
  readonly container: string;
  readonly ordinal: number;
}

export interface Probes {
  start(target: ProbeTarget, spec: ProbesSpec | undefined): Promise<void>;
  stop(container: string): void;
  /** A restarted controller knows no probes until pods are recreated. */
  stopAll(): void;
  readiness(container: string): Readiness | undefined;
}

export interface ProbeWorld {
  readonly engine: () => Engine;
  /** Recorded pods have nothing to ask: they are ready at once. */
  readonly live: boolean;
  emit(event: Omit<LabEvent, 'at'>): void;
}

interface Runner {
  readiness: Readiness;
  readonly stop: AbortController;
}

export function createProbes(world: ProbeWorld): Probes {
  const runners = new Map<string, Runner>();
  const stop = (container: string) => {
    runners.get(container)?.stop.abort();
    runners.delete(container);
  };
  return {
    async start(target, spec) {
      if (spec === undefined || Object.keys(spec).length === 0 || runners.has(target.container)) return;
      const startup_passed = !world.live || spec.startup === undefined;
      const runner: Runner = {
        stop: new AbortController(),
        readiness: {
          container_name: target.container,
          replica_id: String(target.ordinal),
          ready: startup_passed && (!world.live || spec.readiness === undefined),
          startup_passed,
          readiness_phase: startup_passed ? 'readiness' : 'startup',
          last_transition: new Date().toISOString(),
        },
      };
      runners.set(target.container, runner);
      if (world.live) await startLoops(world, target, spec, runner);
    },
    stop,
    stopAll: () => [...runners.keys()].forEach(stop),
    readiness: container => runners.get(container)?.readiness,
  };
}

/** The address is taken once: a container that comes back with another one is probed where it was. */
async function startLoops(
  world: ProbeWorld,
  target: ProbeTarget,
  spec: ProbesSpec,
  runner: Runner,
): Promise<void> {
  const pod = await world.engine().inspect(target.container);
  const address = Object.values(pod?.networks ?? {})[0]?.ip_address ?? '';
  const check = (probe: ProbeSpec) => () => ask(world.engine(), target.container, address, probe);
  const set = (change: Partial<Readiness>) => {
    runner.readiness = { ...runner.readiness, ...change, last_transition: new Date().toISOString() };
  };
  const { signal } = runner.stop;
  const after = () => {
    if (spec.liveness !== undefined) {
      void loop(spec.liveness, check(spec.liveness), signal, healthy => {
        if (!healthy) void restart(world, target);
      });
    }
    if (spec.readiness !== undefined) {
      void loop(spec.readiness, check(spec.readiness), signal, ready => set({ ready }), false);
    } else set({ ready: true });
  };
  if (spec.startup === undefined) return after();
  const gate = new AbortController();
  const onStartup = (passed: boolean) => {
    if (!passed) return;
    gate.abort();
    set({ startup_passed: true, readiness_phase: 'readiness' });
    after();
  };
  void loop(spec.startup, check(spec.startup), AbortSignal.any([signal, gate.signal]), onStartup, false);
}

/** Calls back on transitions only. `state` is what counts as already known. */
async function loop(
  probe: ProbeSpec,
  check: () => Promise<boolean>,
  signal: AbortSignal,
  onTransition: (healthy: boolean) => void,
  state = true,
): Promise<void> {
  const period = go.parseDuration(probe.period ?? '') || 10_000;
  const needed = { true: probe.success_threshold || 1, false: probe.failure_threshold || 3 };
  let known = state;
  let reported = state;
  let streak = 0;
  await sleep(go.parseDuration(probe.initial_delay ?? '') ?? 0, signal);
  while (!signal.aborted) {
    const healthy = await check();
    if (signal.aborted) return;
    streak = healthy === known ? streak + 1 : 1;
    known = healthy;
    if (streak >= needed[`${healthy}`] && healthy !== reported) {
      reported = healthy;
      onTransition(healthy);
    }
    await sleep(period, signal);
  }
}

async function restart(world: ProbeWorld, target: ProbeTarget): Promise<void> {
  const { kind, scope, name, ordinal, container } = target;
  world.emit({ type: 'restart', kind, scope, name, ordinal, container, reason: 'liveness' });
  await world
    .engine()
    .restart(container)
    .catch(() => {});
}

async function ask(engine: Engine, container: string, address: string, probe: ProbeSpec): Promise<boolean> {
  const timeoutMs = go.parseDuration(probe.timeout ?? '') || 1000;
  if (probe.exec !== undefined) {
    return (await engine.exec(container, probe.exec.command ?? [], timeoutMs).catch(() => 1)) === 0;
  }
  if (probe.tcp_socket !== undefined) return connects(address, probe.tcp_socket.port ?? 0, timeoutMs);
  if (probe.http_get === undefined) return true;
  const { scheme = 'http', port, path = '/', http_headers = {} } = probe.http_get;
  const options = { headers: http_headers, signal: AbortSignal.timeout(timeoutMs) };
  const response = await fetch(`${scheme.toLowerCase()}://${address}:${port}${path}`, options).catch(
    () => undefined,
  );
  return response !== undefined && response.status >= 200 && response.status < 400;
}

function connects(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const done = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
