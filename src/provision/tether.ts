/**
 * A helper process that ends when we end, however we end: a small guard holds it and a line to us; when the line breaks
 * (exit, crash, SIGKILL) the guard ends the helper. Both sit outside our terminal's group, so Ctrl-C reaches us alone
 * and we choose the order of the shutdown.
 */
import { spawn } from 'node:child_process';

export interface Tethered {
  /** The helper's own process id, not the guard's. */
  readonly pid: number;
  /** Resolves when the helper has ended, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface TetherOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Gets what the helper prints, chunk by chunk, both streams. */
  readonly output: (text: string) => void;
}

/** Starts `file` with `args`; rejects when it cannot be started. */
export function tether(file: string, args: readonly string[], options: TetherOptions): Promise<Tethered> {
  const guard = spawn(process.execPath, ['-e', guardScript, file, ...args], {
    detached: true,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [guard.stdout, guard.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => options.output(chunk));
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    guard.on('close', (code, signal) => resolve(code ?? signal ?? 1));
  });
  return new Promise((resolve, reject) => {
    guard.on('error', reject);
    guard.on('message', (message) => {
      if (typeof message === 'number') resolve({ pid: message, ended });
      else reject(new Error(String(message)));
    });
    guard.on('close', () => reject(new Error(`${file} ended before it started`)));
  });
}

const killAfterMs = 5_000;

const guardScript = `
  const { spawn } = require('node:child_process');
  const [file, ...args] = process.argv.slice(1);
  const helper = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  helper.on('spawn', () => process.send(helper.pid));
  helper.on('error', (error) => process.send(error.message, () => process.exit(127)));
  helper.on('exit', (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code)));
  process.on('disconnect', () => {
    helper.kill('SIGTERM');
    setTimeout(() => helper.kill('SIGKILL'), ${killAfterMs});
  });
`;
