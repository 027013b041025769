/** The phases, periods and outcomes of a release. */

/** In the order a good release passes them; design: the lifecycle. */
export const forwardPhases = [
  'preflight', // claim the target, read every server and the router, remember the base version of each
  'deployment', // gray servers leave rotation and get the new version; the others are brought to base
  'deploymentVerification', // checks straight at each gray server; no user has seen anything yet
  'grayVerification', // test users and scripted checks through the router
  'periodSwitch', // one atomic router change into the gray period
  'ramp', // m stages of growing share: set, confirm, observe, verdict, gate
  'levelingCondition', // final verdict and, if asked for, an approval
  'leveling', // the other servers, batch by batch
  'watch', // every server proven; absolute rules only, rollback is one command
] as const;

export type ForwardPhase = (typeof forwardPhases)[number];

/**
 * `exception`: users leave gray, then hold or roll back. `rollback`: servers return to base.
 * `closed`: the run has its outcome.
 */
export type Phase = ForwardPhase | 'exception' | 'rollback' | 'closed';

/** What the router applies: normal (test users only), gray (the release's split), exception (users leave gray). */
export type Period = 'normal' | 'gray' | 'exception';

/** It ended as it was meant to. */
export const isGood = (outcome: Outcome | null): boolean => outcome === 'completed' || outcome === 'rehearsed';

/** How a release ended. There is no "failed half-way". */
export type Outcome = 'completed' | 'stopped' | 'rolledBack' | 'aborted' | 'refused' | 'rehearsed';

export const isForward = (phase: Phase): phase is ForwardPhase => (forwardPhases as readonly string[]).includes(phase);

/** True when a good release passes `phase` before `other`. */
export const isBefore = (phase: ForwardPhase, other: ForwardPhase): boolean =>
  forwardPhases.indexOf(phase) < forwardPhases.indexOf(other);
