/** Several routers, some of which do not answer: what the others hold is known all the same. */
import { GrayError } from './errors.ts';
import type { RouteState } from './route.ts';

/** `routerUnreachable`, with what the reachable ones hold. Never part of the details: it may list users. */
export class PartlyUnreachable extends GrayError {
  readonly reached: RouteState;

  constructor(message: string, reached: RouteState, facts: { readonly cause: unknown }) {
    super('routerUnreachable', message, facts);
    this.reached = reached;
  }
}

/** For a way back, which must not wait for a dead router to do the others. Throws when none answers. */
export const readReachable = (router: { read(): Promise<RouteState> }): Promise<RouteState> =>
  router.read().catch((error: unknown) => {
    if (error instanceof PartlyUnreachable) return error.reached;
    throw error;
  });
