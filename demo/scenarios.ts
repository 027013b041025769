/** The ways a release can go, as data: what version 2 does wrong, who intervenes when, and how it has to end. */
import type { Command } from '../src/domain/actions.ts';
import type { Outcome } from '../src/domain/phases.ts';
import type { Status } from '../src/domain/status.ts';
import type { Faults } from './build-artifact.ts';

export interface Scenario {
  readonly about: string;
  readonly expected: Outcome;
  /** What version 2 does wrong. */
  readonly faults?: Faults;
  /** The fault acts only between the deeds `faultBegins` and `faultEnds`. */
  readonly switched?: true;
  readonly exception?: 'rollback' | 'hold';
  /** Number of the stage after which a person has to approve. */
  readonly approvalAfter?: number;
  /** Done one after the other, each as soon as its moment has come. */
  readonly acts: readonly Act[];
}

export interface Act {
  readonly when: Moment;
  readonly deed: Deed;
  /** For the live view. */
  readonly says: string;
}

export type Moment = { readonly stage: number } | 'held' | 'gate' | 'leveling';
export type Deed = 'killWorker' | 'faultBegins' | 'faultEnds' | Extract<Command, 'abort' | 'approve' | 'resume'>;

/** Users with an identity get errors; the checks straight at a server and the test users do not. */
const errorsForUsers: Faults = { errorRate: 0.3, errorOnlyWithHeader: 'x-user-id', errorExcept: ['gray-tester'] };

const errorsInStage2: Act = {
  when: { stage: 2 },
  deed: 'faultBegins',
  says: 'version 2 begins to answer 30 % of its users with errors',
};

export const scenarios = {
  completed: { about: 'a good version reaches every server', expected: 'completed', acts: [] },
  stopped: {
    about: 'version 2 fails its deployment check: no user ever sees it',
    expected: 'stopped',
    faults: { failHealth: true },
    acts: [],
  },
  'gray-verification-fails': {
    about: 'version 2 fails for a test user who comes through the router',
    expected: 'rolledBack',
    faults: { errorRate: 1, errorOnlyWithHeader: 'x-user-id' },
    acts: [],
  },
  regression: {
    about: 'errors appear only under gray users in stage 2: exception period, rollback',
    expected: 'rolledBack',
    faults: errorsForUsers,
    switched: true,
    acts: [errorsInStage2],
  },
  abort: {
    about: 'the operator aborts in stage 2',
    expected: 'aborted',
    acts: [{ when: { stage: 2 }, deed: 'abort', says: 'the operator says abort' }],
  },
  hold: {
    about: 'exception policy hold: the fault ends, the operator resumes, the release completes',
    expected: 'completed',
    faults: errorsForUsers,
    switched: true,
    exception: 'hold',
    acts: [
      errorsInStage2,
      { when: 'held', deed: 'faultEnds', says: 'the cause of the errors is mended' },
      { when: 'held', deed: 'resume', says: 'the operator says resume' },
    ],
  },
  'leveling-fails': {
    about: 'one of the last servers refuses version 2: every server goes back',
    expected: 'rolledBack',
    faults: { refuseOn: ['pay-5'] },
    acts: [],
  },
  'worker-crash': {
    about: 'the worker gets SIGKILL in the ramp and again in leveling; a new one goes on',
    expected: 'completed',
    acts: [
      { when: { stage: 2 }, deed: 'killWorker', says: 'SIGKILL to the worker; a new one starts' },
      { when: 'leveling', deed: 'killWorker', says: 'SIGKILL to the worker again; a new one starts' },
    ],
  },
  approval: {
    about: 'a person must approve after stage 1, and does so from code',
    expected: 'completed',
    approvalAfter: 1,
    acts: [{ when: 'gate', deed: 'approve', says: 'the operator approves stage 1' }],
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios).filter(isScenario);

export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}

export const scenarioOf = (name: ScenarioName): Scenario => scenarios[name];

/** Whether the moment of an act has come. */
export function hasCome(when: Moment, status: Status): boolean {
  if (when === 'held') return status.held;
  if (when === 'gate') return status.gate !== null && status.gate.approved === null;
  if (when === 'leveling') return status.phase === 'leveling';
  return status.phase === 'ramp' && status.stage?.number === when.stage;
}
