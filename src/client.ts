/** The client library: start, ask, decide. Every function takes a Temporal `Client`; `connect` makes one. */
export type { CommandOptions, CommandReply, SignalSent } from './client/command.ts';
export { sendCommand } from './client/command.ts';
export type { Asked } from './client/commands.ts';
export {
  abortRelease,
  approveStage,
  excludeServer,
  finishWatch,
  pauseRelease,
  resumeRelease,
  retryRelease,
  rollbackRelease,
  skipHold,
} from './client/commands.ts';
export type { ConnectOptions } from './client/connect.ts';
export { connect } from './client/connect.ts';
export type { DirectAbort, DirectAbortOptions } from './client/direct-abort.ts';
export { directAbort } from './client/direct-abort.ts';
export type { RunFacts } from './client/facts.ts';
export { uiLink } from './client/links.ts';
export type { ReleaseFilter } from './client/list.ts';
export { listReleases } from './client/list.ts';
export type { RollbackReply } from './client/rollback.ts';
export type { RegisteredAttributes } from './client/search-attributes.ts';
export { missingSearchAttributes, registerSearchAttributes } from './client/search-attributes.ts';
export type { StartedRelease, StartRequest } from './client/start.ts';
export { startRelease } from './client/start.ts';
export { releaseStatus } from './client/status.ts';
export type { WaitOptions } from './client/wait.ts';
export { waitForRelease } from './client/wait.ts';
export type { Look, WatchOptions } from './client/watch.ts';
export { watchRelease } from './client/watch.ts';
export type { Poller, Pollers } from './client/workers.ts';
export { workersSeen } from './client/workers.ts';
