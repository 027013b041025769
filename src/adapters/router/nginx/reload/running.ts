/** What nginx runs: the generation that fresh connections show, and how it takes over a new one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GrayError } from '../../../../domain/errors.ts';
import type { NginxReloadRouterSpec } from '../../../../domain/spec.ts';
import { joinPath, placeOf } from '../../../base-url.ts';
import { askServer } from '../../../server-request.ts';
import { masterOf, workersOf } from './process.ts';
import { call } from './program.ts';

/** The generation that runs, asked over a connection of its own; empty before the first one. */
export async function runningGeneration({ status }: NginxReloadRouterSpec): Promise<string> {
  const place = placeOf(status);
  if (place === null) throw new GrayError('routerRefused', `${status} is not an http URL`);
  const order = { path: joinPath(place.path, '/generation'), timeoutMs: 2_000 };
  const { body } = await askServer(place.server, order).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GrayError('routerUnreachable', `no answer from nginx at ${status}: ${why}`, { cause });
  });
  const found = /^generation=(\S*) worker=\d+$/m.exec(body)?.[1];
  if (found === undefined) throw new GrayError('routerRefused', `${status} does not tell a generation`);
  return found;
}

export interface Awaited {
  readonly generation: string;
  /** Throws when somebody newer has written meanwhile. */
  check(): Promise<void>;
  readonly withinMs: number;
}

/** Resolves when no worker takes a connection any more that would run another generation. Throws `routeNotConfirmed`. */
export async function reload(spec: NginxReloadRouterSpec, { generation, check, withinMs }: Awaited): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const master = await masterOf(spec.pid);
    const before = (await workersOf(master)).filter(({ leaving }) => !leaving).map(({ pid }) => pid);
    await signal(spec, master.pid);
    // Signals of two reloads may become one, so it is told again.
    const patience = Math.min(deadline, performance.now() + tellAgainMs);
    while (performance.now() < patience) {
      await sleep(10);
      await check();
      const old = (await workersOf(master)).filter(({ pid, leaving }) => !leaving && before.includes(pid));
      if (old.length === 0 && (await everyFresh(spec, generation))) return;
    }
    if (performance.now() >= deadline) throw await notTaken(spec, generation, withinMs);
  }
}

const tellAgainMs = 4_000;
const fresh = 8;

async function everyFresh(spec: NginxReloadRouterSpec, generation: string): Promise<boolean> {
  const shown = await Promise.all(Array.from({ length: fresh }, () => runningGeneration(spec)));
  return shown.every((one) => one === generation);
}

async function notTaken(spec: NginxReloadRouterSpec, generation: string, withinMs: number): Promise<GrayError> {
  const shown = (await runningGeneration(spec).catch(() => '')) || 'none';
  return new GrayError(
    'routeNotConfirmed',
    `nginx was told to reload, and after ${withinMs / 1_000} s fresh connections do not show generation ${generation} (last: ${shown}); its error log says why`,
  );
}

async function signal({ reload: command, pid: file }: NginxReloadRouterSpec, pid: number): Promise<void> {
  if (command !== undefined) return call(command, 'routerUnreachable', 'nginx could not be reloaded');
  try {
    process.kill(pid, 'SIGHUP');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GrayError('routerRefused', `the nginx of ${file} may not be told to reload: ${why}`, { cause });
  }
}
