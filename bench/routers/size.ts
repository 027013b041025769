/** How much the routers' benchmark does. */

export interface Size {
  readonly changes: number;
  /** Bare changes measured in turn with ours, after a few of both that do not count. */
  readonly pairs: number;
  readonly requests: number;
  /** Servers that are restarted, one after another. */
  readonly restarts: number;
}

export const quickSize: Size = { changes: 3, pairs: 3, requests: 300, restarts: 1 };
export const fullSize: Size = { changes: 50, pairs: 150, requests: 20_000, restarts: 5 };

/** Of each kind, before the pairs that count. */
export const warmUp = ({ pairs }: Size): number => Math.ceil(pairs / 5);
