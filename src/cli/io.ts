/** The terminal as the commands see it. */
import { GrayError } from '../domain/errors.ts';

export interface Io {
  /** Writes a line to standard output: what was asked for. */
  readonly out: (line: string) => void;
  /** Writes a line to standard error: what happened on the way. */
  readonly err: (line: string) => void;
  /** Standard output is a terminal that can be painted over. */
  readonly terminal: boolean;
  readonly color: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly interrupted: AbortSignal;
}

/** The real terminal. A second signal ends the process at once. */
export function processIo(): Io {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interruption.abort(new Interrupted(signal));
      process.once(signal, () => process.exit(130));
    });
  }
  const { stdout, stderr, env } = process;
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    terminal: stdout.isTTY === true && env.TERM !== 'dumb',
    color: stdout.isTTY === true && (env.NO_COLOR ?? '') === '',
    env,
    interrupted: interruption.signal,
  };
}

/** A person or the system asked this process to end. */
export class Interrupted extends Error {
  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.name = 'Interrupted';
  }
}

export const isInterrupted = (error: unknown): boolean =>
  error instanceof Interrupted || (error instanceof Error && error.name === 'AbortError');

export const invalid = (text: string): GrayError => new GrayError('invalidInput', text);
