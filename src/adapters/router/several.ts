/**
 * Several routers before the same servers, as one: all are set, confirmed and fenced. Nothing waits for a slow or dead
 * one before the others are done; it is named, and a repeat of the write sets it too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PartlyUnreachable } from '../../domain/partly.ts';
import type { RouteState } from '../../domain/route.ts';
import type { Router, RouterAbilities } from './port.ts';
import { atOneFence, commonAbilities, mergedState, requestOfPart, sumOf, together } from './several/merge.ts';
import {
  type Answer,
  answersOf,
  failureOf,
  isFailed,
  isTransient,
  type Outcome,
  outcomeOf,
} from './several/outcomes.ts';

export interface Part {
  /** Unique among its siblings; messages name it. */
  readonly name: string;
  readonly router: Router;
}

export interface SeveralOptions {
  /** What all parts can do, when not said. */
  readonly abilities?: RouterAbilities;
  /** How long an answer waits for one part. Its call may go on; the fence makes that harmless. */
  readonly patienceMs?: number;
}

/** Below the limit of a route step, so that whoever is late is told by name. */
const usualPatienceMs = 4_000;

/** While a write is on its way from part to part they differ; only what lasts is told. */
const settleMs = [50, 150, 300] as const;

export function severalRouters(parts: readonly Part[], options: SeveralOptions = {}): Router {
  const { abilities = commonAbilities(parts.map(({ router }) => router.abilities)) } = options;
  const { patienceMs = usualPatienceMs } = options;
  const each = <T>(call: (router: Router, at: number) => Promise<T>, withinMs: number | null = patienceMs) =>
    Promise.all(parts.map(({ name, router }, at) => outcomeOf(name, call(router, at), withinMs)));
  const readAll = () => each((router) => router.read());
  return {
    abilities,
    read: async () => {
      let states = reachedBy(await readAll());
      for (const waitMs of settleMs) {
        if (atOneFence(states)) break;
        await sleep(waitMs);
        states = reachedBy(await readAll());
      }
      return mergedState(states);
    },
    apply: async (desired) => mergedState(answersOf(await each((router) => router.apply(desired)))),
    confirm: async (request) =>
      together(answersOf(await each((router, at) => router.confirm(requestOfPart(request, { at, of: parts.length }))))),
    drain: async (request) => {
      const drained = answersOf(await each((router) => router.drain(request), null));
      return { closed: sumOf(drained.map(({ value }) => value.closed)) };
    },
  };
}

/** The states of all parts. Where some do not answer, what the others hold is thrown with it. */
function reachedBy(outcomes: readonly Outcome<RouteState>[]): Answer<RouteState>[] {
  const failed = outcomes.filter(isFailed);
  const reached = outcomes.filter((one) => !isFailed(one));
  if (failed.length === 0 || reached.length === 0 || !failed.every(isTransient)) return answersOf(outcomes);
  const cause = failureOf(outcomes);
  throw new PartlyUnreachable(cause.message, mergedState(answersOf(reached)), { cause });
}
