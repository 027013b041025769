/** Section `deployer`: what puts a build on a server, by kind. */

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
