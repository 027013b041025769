/** Runs a program in this terminal and hands back how it ended. Plain Node: a fresh clone has no packages yet. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Resolves to the exit status; 128 + signal number for a program ended by a signal, 127 when it cannot be started.
 * Signals sent to us are passed on, except Ctrl-C at a terminal, which reaches the whole group by itself.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const relays = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => [signal, () => relay(child, signal)]);
    for (const [signal, pass] of relays) process.on(signal, pass);
    const end = (status) => {
      for (const [signal, pass] of relays) process.off(signal, pass);
      resolve(status);
    };
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      end(127);
    });
    child.on('close', (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** npm without a shell in between: as the file that runs us where there is one. */
export const npm = (...args) =>
  process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath, ...args]] : ['npm', args];

function relay(child, signal) {
  if (signal === 'SIGINT' && process.stdin.isTTY) return;
  child.kill(signal);
}
