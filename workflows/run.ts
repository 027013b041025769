/** A running release: its request, its state, and the few ways in which the state changes. */
import { log, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { detailsOf } from '../src/domain/details.ts';
import type { ForwardPhase, Phase } from '../src/domain/phases.ts';
import { isForward } from '../src/domain/phases.ts';
import type { ReleaseRequest, ReleaseSpec } from '../src/domain/spec.ts';
import type { ReleaseState } from '../src/domain/state.ts';
import { initialState, withJournal } from '../src/domain/state.ts';
import type { Status } from '../src/domain/status.ts';
import { statusOf } from '../src/domain/status.ts';
import type { Observing } from './observation.ts';
import { searchAttributesOf } from './search-attributes.ts';

/** What goes on into the next run when the history has grown long. */
export interface Carried {
  readonly state: ReleaseState;
  readonly release: string;
  readonly startedAtMs: number;
}

export class Run {
  readonly request: ReleaseRequest;
  readonly release: string;
  readonly startedAtMs: number;
  /** Notifications under way; awaited, for a moment, before the run closes. */
  readonly messages = new Set<Promise<void>>();
  /** The observation of a gate that has opened, until what comes next goes on with it. */
  kept: Observing | null = null;
  #state: ReleaseState;
  #published: string[] = [];

  constructor(request: ReleaseRequest, carried?: Carried) {
    this.request = request;
    this.release = carried?.release ?? releaseName(request.spec);
    this.startedAtMs = carried?.startedAtMs ?? Date.now();
    this.#state = carried?.state ?? initialState;
  }

  get spec(): ReleaseSpec {
    return this.request.spec;
  }

  get state(): ReleaseState {
    return this.#state;
  }

  update(change: Partial<ReleaseState>): void {
    this.#state = { ...this.#state, ...change };
  }

  /** What happened, for people: in the status, in the journal of the Web UI, in the log. */
  note(text: string, by?: string): void {
    log.info(text, { phase: this.state.phase });
    this.#state = withJournal(this.#state, { atMs: Date.now(), text, ...(by !== undefined && { by }) });
    this.show();
  }

  enter(phase: Phase): void {
    if (this.state.phase === phase) return;
    this.update({ phase, ...(isForward(phase) && { at: phase satisfies ForwardPhase }) });
    this.note(`phase ${phase}`);
  }

  /**
   * Search attributes where they changed, and the status page of the Web UI. Called right before a step that may take
   * time, and only there: every upsert is an event of the history.
   */
  publish(): void {
    const pairs = searchAttributesOf(this.state);
    const changed = pairs.filter(({ key, value }) => !this.#published.includes(`${key.name}=${value}`));
    this.#published = pairs.map(({ key, value }) => `${key.name}=${value}`);
    if (changed.length > 0) upsertSearchAttributes(changed);
    this.show();
  }

  /** The status page of the Web UI; costs no event. */
  show(): void {
    setCurrentDetails(detailsOf(this.status()));
  }

  status(): Status {
    const { release, startedAtMs } = this;
    return statusOf(this.request, this.state, { release, startedAtMs, nowMs: Date.now() });
  }

  carried(): Carried {
    const { state, release, startedAtMs } = this;
    return { state, release, startedAtMs };
  }
}

/** Unique per attempt, readable in the router's state: target, version and the end of the run id, whose start is a time. */
const releaseName = (spec: ReleaseSpec): string =>
  `${spec.target}-${spec.artifact.version}-${workflowInfo().firstExecutionRunId.slice(-8)}`;
