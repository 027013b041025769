/** The library: start, watch and decide releases from code. See docs/library.md. */
export { createRouter } from './adapters/router/index.ts';
export * from './client.ts';
export type { Command, CommandAnswer, CommandInput } from './domain/actions.ts';
export { actions, commands } from './domain/actions.ts';
export type { Artifact, RunningVersion } from './domain/artifact.ts';
export type { ErrorCode, Problem } from './domain/errors.ts';
export { errorTable, exitStatus, GrayError, InvalidInput } from './domain/errors.ts';
export { workflowIdOf, workflowType } from './domain/names.ts';
export type { Outcome, Period, Phase } from './domain/phases.ts';
export type { Plan } from './domain/plan.ts';
export { planRelease } from './domain/plan.ts';
export type { ReleaseRequest, ReleaseSpec } from './domain/spec.ts';
export type { ActivityStatus, ServerStatus, StageStatus, Status } from './domain/status.ts';
export type { MetricEvidence, Verdict } from './domain/verdict.ts';
export { parseReleaseRequest } from './spec/request.ts';
export type { Overrides, ParseOptions } from './spec.ts';
export { parseReleaseFile, readReleaseFile } from './spec.ts';
