/**
 * A release file after parsing: every default filled in, durations in milliseconds, shares in basis points.
 * It travels into the workflow as it is and never changes during a release. It names secrets, it never holds one.
 */

import type { Artifact, VersionProbe } from './artifact.ts';
import type { KayentaJudgeSpec } from './judge/kayenta/spec.ts';
import type { ServerSpec } from './server.ts';

export interface ReleaseSpec {
  readonly target: string;
  readonly servers: readonly ServerSpec[];
  readonly version: VersionProbe;
  readonly artifact: Artifact;
  /** The build to return to, where it is not kept on the servers. */
  readonly base?: Artifact;
  readonly router: RouterSpec;
  readonly deployer: DeployerSpec;
  readonly metrics: MetricsSpec;
  readonly verify: { readonly deployment: readonly Check[]; readonly gray: readonly Check[] };
  readonly audience: AudienceSpec;
  readonly ramp: RampSpec;
  readonly judge: JudgeSpec;
  readonly capacity: { readonly maxLoad: number };
  readonly data: DataSpec;
  readonly hooks: HooksSpec;
  readonly deployment: DeploymentSpec;
  readonly leveling: LevelingSpec;
  readonly exception: ExceptionSpec;
  readonly watch: { readonly forMs: number };
  readonly notify: readonly NotifierSpec[];
}

// ── routers ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where a request's identity is read from: the header first, then the cookie. */
export interface IdentitySpec {
  readonly header?: string;
  readonly cookie?: string;
}

export type RouterSpec = MemoryRouterSpec | EmbeddedRouterSpec | HaproxyRouterSpec;

export interface MemoryRouterSpec {
  readonly kind: 'memory';
  readonly identity: IdentitySpec;
}

/** The project's own router process; see `gray router`. */
export interface EmbeddedRouterSpec {
  readonly kind: 'embedded';
  readonly identity: IdentitySpec;
  /** Unix socket path, or a loopback URL together with `tokenEnv`. */
  readonly admin: string;
  /** Environment variable that holds the admin token. */
  readonly tokenEnv?: string;
  /** Base URL of the public entrance, for gray verification. */
  readonly entrance: string;
  /** Base URL of the loopback probe entrance: same rules, identity headers always trusted, kept out of metrics. */
  readonly probe: string;
}

export interface HaproxyRouterSpec {
  readonly kind: 'haproxy';
  readonly identity: IdentitySpec;
  readonly entrance: string;
  readonly instances: readonly HaproxyInstance[];
}

export interface HaproxyInstance {
  /** Admin socket of HAProxy, `level admin`. */
  readonly socket: string;
  /** Map file that holds this target's split; one per target. */
  readonly map: string;
  /** The file that `server-state-file-name` (or `server-state-file`) names; one per target. */
  readonly stateFile: string;
  /** Backend names of the pools a and b. */
  readonly backends: { readonly a: string; readonly b: string };
  /** Base URL of the loopback probe entrance. */
  readonly probe: string;
}

// ── deployers ────────────────────────────────────────────────────────────────────────────────────────────────────

export type DeployerSpec = MemoryDeployerSpec | ProcessDeployerSpec | CommandDeployerSpec;

export interface MemoryDeployerSpec {
  readonly kind: 'memory';
}

/** Starts, drains, stops and replaces server processes on this machine. */
export interface ProcessDeployerSpec {
  readonly kind: 'process';
  /** Directory that holds one folder per server: releases, base record, lock, log. */
  readonly dir: string;
  /** Program and arguments, run in the unpacked artifact; `{host}`, `{port}`, `{server}`, `{version}`, `{digest}` are replaced. */
  readonly start: readonly string[];
  /** Environment variables passed on to the server, by name. */
  readonly env: readonly string[];
  /** From SIGTERM to SIGKILL. */
  readonly stopMs: number;
  /** From start until the version probe answers. */
  readonly readyMs: number;
}

/** The user's own program: request as JSON on standard input, answer as JSON on standard output. */
export interface CommandDeployerSpec {
  readonly kind: 'command';
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly timeoutMs: number;
}

// ── metrics and judge ────────────────────────────────────────────────────────────────────────────────────────────

export type MetricsSpec = MemoryMetricsSpec | ExpositionMetricsSpec | PrometheusMetricsSpec;

export interface MemoryMetricsSpec {
  readonly kind: 'memory';
  readonly intervalMs: number;
}

/** Scrapes each server's own /metrics. */
export interface ExpositionMetricsSpec {
  readonly kind: 'exposition';
  readonly path: string;
  readonly intervalMs: number;
  readonly define: Readonly<Record<string, ExpositionMetric>>;
  readonly probe?: ProbeSpec;
}

/** Synthetic requests, counted as the metrics `probe-failed` and `probe-slow`. */
export interface ProbeSpec {
  /** Path, asked straight at each server. */
  readonly get: string;
  /** Per server and interval. */
  readonly requests: number;
  readonly timeoutMs: number;
  /** Slower answers count as slow; so do failed ones. */
  readonly slowMs: number;
}

/**
 * Errors: `bad` selects, among the samples of counter `total`, those that are bad (label = value or /pattern/).
 * Latency: requests of `histogram` slower than `aboveSeconds`, which must be one of its bucket bounds.
 */
export type ExpositionMetric =
  | { readonly total: string; readonly bad: Readonly<Record<string, string>> }
  | { readonly histogram: string; readonly aboveSeconds: number };

/** Instant queries at the interval's end. `{window}` is replaced by the interval, `{servers}` by a pattern of the arm's instances. */
export interface PrometheusMetricsSpec {
  readonly kind: 'prometheus';
  readonly url: string;
  readonly tokenEnv?: string;
  readonly scrapeMs: number;
  readonly intervalMs: number;
  /** Label whose value tells the server; its value is `host:port` unless `servers[].metrics` says otherwise. */
  readonly instanceLabel: string;
  readonly define: Readonly<Record<string, { readonly total: string; readonly bad: string }>>;
  readonly probe?: ProbeSpec;
}

export type JudgeSpec = SequentialJudgeSpec | ThresholdJudgeSpec | LimitsJudgeSpec | KayentaJudgeSpec;

/** Evidence with a budget of risk for the whole release, however often it is looked at. */
export interface SequentialJudgeSpec {
  readonly kind: 'sequential';
  /** P(a release that is not worse is ever failed), all metrics, stages and looks together. */
  readonly alpha: number;
  /** P(a stage of a release that is `passMargin` times worse passes). */
  readonly beta: number;
  readonly metrics: Readonly<Record<string, SequentialRule>>;
  /** Data older than this at a decision is stale. */
  readonly staleMs: number;
  /** Observed part of the requests on gray ÷ configured part may be this much off, either way; null: not checked. */
  readonly sampleRatio: number | null;
}

export interface SequentialRule {
  readonly role: 'required' | 'guard';
  /** r₀ ≥ 1: gray rate ÷ stable rate that is tolerated. */
  readonly margin: number;
  /** r₁ > `margin`: a stage passes when gray is shown to be less than this many times worse; without it by the share. */
  readonly passMargin?: number;
  /** Absolute: gray fails when shown to be above it, and passes when shown to be below it. */
  readonly maxRate?: number;
  /** From `minSample` gray requests on a higher rate fails at once: evidence is not asked, and `alpha` does not cover it. */
  readonly stopAbove?: number;
  /** Fewer gray requests pass nothing. */
  readonly minSample: number;
  /** Part of the budget of risk, relative to the other metrics. */
  readonly weight: number;
  /** Variance ÷ mean of the bad events: known, measured at the stable arm, or 1 since distinct clients are counted. */
  readonly dispersion: number | 'measured' | 'clients';
}

/** Counters of measurements with limits, one measurement an interval, as in Argo's analysis. */
export interface LimitsJudgeSpec {
  readonly kind: 'limits';
  readonly metrics: Readonly<Record<string, LimitsRule>>;
  /** Data older than this at a decision is stale. */
  readonly staleMs: number;
}

export interface LimitsRule {
  readonly role: 'required' | 'guard';
  /** A measurement with a higher gray rate failed. */
  readonly failAbove: number;
  /** One with at most this rate is successful; between the two it is inconclusive. */
  readonly passBelow: number;
  /** A measurement of fewer gray requests is inconclusive. */
  readonly minSample: number;
  /** Successful measurements that pass a stage. */
  readonly count: number;
  /** One more than this many, and the metric fails, stays inconclusive, or is an error. */
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  readonly consecutiveErrorLimit: number;
}

export interface ThresholdJudgeSpec {
  readonly kind: 'threshold';
  readonly metrics: Readonly<Record<string, ThresholdRule>>;
  /** Data older than this at a decision is stale. */
  readonly staleMs: number;
}

/** At least one of `maxRate` and `maxRatio`. */
export interface ThresholdRule {
  readonly role: 'required' | 'guard';
  /** Absolute: the gray rate may not exceed this fraction. */
  readonly maxRate?: number;
  /** Relative: gray rate ÷ stable rate may not exceed this. */
  readonly maxRatio?: number;
  /** Fewer gray (and, for a relative rule, stable) requests than this decide nothing. */
  readonly minSample: number;
}

// ── checks and hooks ─────────────────────────────────────────────────────────────────────────────────────────────

export type Check = HttpCheck | CommandCheck;

export interface HttpCheck {
  readonly kind: 'http';
  readonly name: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Path with query, asked at a server or through the router. */
  readonly path: string;
  /** The test user who asks; only through the router. */
  readonly as?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly repeat: number;
  readonly timeoutMs: number;
  readonly expect: HttpExpectation;
}

export interface HttpExpectation {
  readonly status: number;
  /** The answer must come from the new version: the version probe's fields in the body, or asked apart. */
  readonly version: boolean;
  /** Header → exact value, or `/pattern/`. */
  readonly headers: Readonly<Record<string, string>>;
  /** `$.field.path` → exact JSON value. */
  readonly json: Readonly<Record<string, string | number | boolean | null>>;
  /** Slower answers fail. */
  readonly latencyMs?: number;
}

/** The user's own script: an argument array, never a shell string; exit 0 passes. */
export interface CommandCheck {
  readonly kind: 'command';
  readonly name: string;
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly timeoutMs: number;
}

/** Idempotent commands of the user's, such as migrations; a hook may run twice. */
export interface HooksSpec {
  readonly beforeDeployment?: CommandCheck;
  readonly beforeRollback?: CommandCheck;
  readonly afterWatch?: CommandCheck;
}

// ── lifecycle ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AudienceSpec {
  /** Users on the new version from the period switch on. */
  readonly alwaysGray: readonly string[];
  /** Users who stay on the base version as long as it can carry them. */
  readonly alwaysStable: readonly string[];
  /** Test users of gray verification. */
  readonly testUsers: readonly string[];
  /** Expected part of the requests that `rest` decides (no identity, or always stable), basis points. For the plan. */
  readonly restBp: number;
  /** Fixed salt of the user hash; by default every release draws its own users. No `|`, `:` or white space. */
  readonly salt?: string;
  /** Users with an identity, for the plan. */
  readonly users?: number;
}

export interface RampSpec {
  readonly stages: readonly StageSpec[];
  /** `extend`: a stage without a verdict ends after patience × hold. */
  readonly patience: number;
  /** For every stage that does not say; absent in releases begun before there was a choice: extend. */
  readonly undecided?: Undecided;
  /** `hold`: longest wait for an operator or a verdict, then rollback; absent: a day. */
  readonly answerWithinMs?: number;
}

/** What happens at the end of a hold without a verdict; see `whenUndecided`. */
export type Undecided = 'extend' | 'hold' | 'rollback';

export interface StageSpec {
  readonly shareBp: number;
  readonly holdMs: number;
  readonly undecided?: Undecided;
  readonly approval?: ApprovalSpec;
}

export interface ApprovalSpec {
  readonly deadlineMs: number;
  /** What happens when nobody answers. In leveling `hold` keeps the servers where they are. */
  readonly otherwise: 'rollback' | 'hold' | 'proceed';
}

export interface DataSpec {
  /** Null: the file does not say, which the plan warns about. */
  readonly compatible: 'both' | 'forwardOnly' | null;
  /** From here on there is no rollback; entering it is a gate. */
  readonly pointOfNoReturn?: 'leveling';
}

export interface DeploymentSpec {
  /** A stable server found on another version: brought to base, or the release is refused. */
  readonly strays: 'bring-to-base' | 'refuse';
  /** Servers deployed at the same time. */
  readonly parallel: number;
  /** Attempts per server before it counts as failed. */
  readonly attempts: number;
  /** Longest wait for open requests of a server before they are cut. */
  readonly drainMs: number;
}

export interface LevelingSpec {
  /** Servers per batch, already counted out of a percentage. */
  readonly batch: number;
  readonly approval?: ApprovalSpec;
  /** A server that does not come up: wait for an operator, or exception period at once. */
  readonly onServerFailure: 'exception' | 'wait';
}

export interface ExceptionSpec {
  readonly policy: 'rollback' | 'hold';
  /** A hold that runs out rolls back. */
  readonly holdForMs: number;
  /** Open gray sessions are closed after this. */
  readonly drainMs: number;
}

// ── notifiers ────────────────────────────────────────────────────────────────────────────────────────────────────

export type NotifierSpec = { readonly kind: 'memory' } | { readonly kind: 'log' } | WebhookNotifierSpec;

export interface WebhookNotifierSpec {
  readonly kind: 'webhook';
  /** Environment variable that holds the URL, which is often a secret. */
  readonly urlEnv: string;
  readonly format: 'json' | 'slack';
}

/**
 * `rollback`: servers return to the base that was recorded on them. `rehearsal`: the running version is released to
 * itself up to the end of the ramp, and the judge is measured instead of obeyed.
 */
export type ReleaseMode = 'release' | 'rollback' | 'rehearsal';

/** What starts a release. */
export interface ReleaseRequest {
  readonly spec: ReleaseSpec;
  readonly mode: ReleaseMode;
  readonly by: string;
  readonly reason: string;
  /** The same id starts nothing twice. */
  readonly requestId: string;
}
