/** Waits until a started server answers its version, or until there is no more hope of it. */
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningVersion, VersionProbe } from '../../../domain/artifact.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import { isUnreachable, readVersion } from '../../version-probe.ts';
import type { ServerHome } from './home.ts';
import { hasProcess } from './records.ts';

export interface ReadyOrder {
  readonly home: ServerHome;
  readonly server: ServerSpec;
  readonly probe: VersionProbe;
  readonly readyMs: number;
  readonly signal?: AbortSignal | undefined;
}

const pauseMs = 50;
const probeMs = 2_000;

/** The first answer. Throws an Error that tells whether the process ended or stayed silent. */
export async function becomeReady({ home, server, probe, readyMs, signal }: ReadyOrder): Promise<RunningVersion> {
  const deadline = performance.now() + readyMs;
  for (;;) {
    // Asked before the probe: an answer that comes while no process of ours lives is somebody else's.
    if (!(await hasProcess(home))) throw new Error('the process ended before it answered');
    const left = Math.max(1, deadline - performance.now());
    const answer = await readVersion(server, probe, { timeoutMs: Math.ceil(Math.min(probeMs, left)), signal });
    if (!isUnreachable(answer)) return answer;
    if (performance.now() >= deadline) throw new Error(`no version within ${readyMs} ms: ${answer.unreachable}`);
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** The last lines the server wrote to its log since its last start, for an error message. */
export async function logTail(home: ServerHome, lines = 5): Promise<string> {
  const file = await open(home.log, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 2_000);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const sinceStart =
      buffer
        .toString('utf8')
        .split(/^=== start .*$/m)
        .at(-1) ?? '';
    return sinceStart.trim().split('\n').slice(-lines).join('\n');
  } finally {
    await file.close();
  }
}
