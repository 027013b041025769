/** What a server runs, by its own word: over HTTP, or by a command on the server. And the wait until it says so. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningVersion, VersionProbe } from '../../../domain/artifact.ts';
import { sameBuild } from '../../../domain/artifact.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import { isUnreachable, readVersion, type Unreachable, versionIn } from '../../version-probe.ts';
import { askProcess, type Held, runThere, type Site } from './operations.ts';
import { type CurrentRecord, isFresh, type ServiceProcess } from './records.ts';

const probeMs = 2_000;
const pauseMs = 50;
/** A look at the process costs a session. */
const lookEveryMs = 500;
/** A supervisor may start the process a moment after its command has returned. */
const absentMs = 2_000;

export interface Asked extends Site {
  readonly server: ServerSpec;
  readonly probe: VersionProbe;
  readonly signal?: AbortSignal | undefined;
}

export async function askVersion(asked: Asked): Promise<RunningVersion | Unreachable> {
  const { server, probe, place, signal } = asked;
  if (place.ask === null) return readVersion(server, probe, { timeoutMs: probeMs, signal });
  const { status, output } = await runThere(asked, place.ask, signal);
  if (status === 0) return versionIn(output, probe);
  return { unreachable: `${place.ask[0]} on the server ended with status ${status}: ${output.trim().slice(-200)}` };
}

export interface Waiting extends Asked, Held {
  readonly claim: string;
  readonly current: CurrentRecord | null;
  /** As the switch left it. */
  readonly process: ServiceProcess | null;
}

/** The first answer of a process that started after the switch. Throws an Error that tells what there was instead. */
export async function becomeReady(awaited: Waiting): Promise<RunningVersion> {
  const { line, artifact, signal } = awaited;
  const watch = new Watch(awaited);
  const deadline = performance.now() + line.spec.readyMs;
  for (;;) {
    const answer = await askVersion(awaited);
    if (!isUnreachable(answer) && (await watch.vouches(sameBuild(answer, artifact)))) return answer;
    if (performance.now() >= deadline)
      throw new Error(`no version within ${line.spec.readyMs} ms: ${watch.why(answer)}`);
    await watch.lookNowAndThen();
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** Follows the service's process from the switch on. */
class Watch {
  readonly #awaited: Waiting;
  #process: ServiceProcess | null;
  /** The first process that was seen to be a new one. */
  #born: ServiceProcess | null = null;
  #lookedAt = performance.now();
  #absentSince: number | null = null;

  constructor(awaited: Waiting) {
    this.#awaited = awaited;
    this.#process = awaited.process;
    this.#judge();
  }

  /** Whether an answer that was just given is the new process's. Without word of a process, only the right build is believed. */
  async vouches(rightBuild: boolean): Promise<boolean> {
    await this.#look();
    return this.#process === null ? rightBuild : this.#born !== null;
  }

  async lookNowAndThen(): Promise<void> {
    if (this.#process !== null && performance.now() - this.#lookedAt > lookEveryMs) await this.#look();
  }

  why(answer: RunningVersion | Unreachable): string {
    if (isUnreachable(answer)) return answer.unreachable;
    if (this.#process === null) return `it still says ${answer.version}`;
    return `what answers (${answer.version}) started before the switch, so the restart did not replace it`;
  }

  async #look(): Promise<void> {
    this.#process = await askProcess(this.#awaited, this.#awaited.claim, this.#awaited.signal);
    this.#lookedAt = performance.now();
    this.#judge();
  }

  #judge(): void {
    const process = this.#process;
    if (process === null) return;
    const same = this.#born?.pid === process.pid && this.#born.start === process.start;
    if (this.#born !== null && !same) throw new Error('the process ended before it answered');
    if (this.#isAbsent(process)) throw new Error('the process ended before it answered, and none is there');
    if (process.active === 'failed') throw new Error('the process ended before it answered: its unit has failed');
    if (isFresh(process, this.#awaited.current) === true) this.#born = process;
  }

  /** Longer than it takes to start one. A unit that runs something before its process is still activating. */
  #isAbsent({ pid, active }: ServiceProcess): boolean {
    const gone = pid === 0 && (active === 'none' || active === 'inactive');
    const now = performance.now();
    this.#absentSince = gone ? (this.#absentSince ?? now) : null;
    return this.#absentSince !== null && now - this.#absentSince > absentMs;
  }
}
