/** Names that workflow, worker and client must agree on; each has this one definition. */

export const workflowType = 'grayRelease';

const prefix = 'gray-release/';

/** The workflow ID is the lock: one open release per target. */
export const workflowIdOf = (target: string): string => `${prefix}${target}`;

export const targetOf = (workflowId: string): string => workflowId.slice(prefix.length);

/** Workflow and routing; kept apart from the long activities so that an abort never waits for a slot. */
export const controlQueue = 'gray-release';

/** Observe, deploy, checks, notifications. */
export const workQueue = 'gray-release-work';

/** Typed search attributes: name → Temporal type. */
export const searchAttributeTypes = {
  GrayTarget: 'KEYWORD',
  GrayVersion: 'KEYWORD',
  GrayPhase: 'KEYWORD',
  GrayPeriod: 'KEYWORD',
  GrayOutcome: 'KEYWORD',
  GrayRequest: 'KEYWORD',
  /** Share of users on gray, percent. */
  GrayShare: 'DOUBLE',
} as const;
