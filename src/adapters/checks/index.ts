/** Runs a check of any kind. */
import { runCommandCheck } from './command.ts';
import { runHttpCheck } from './http.ts';
import type { CheckRunner } from './port.ts';

export const runCheck: CheckRunner = (check, where, signal) => {
  switch (check.kind) {
    case 'http':
      return runHttpCheck(check, where, signal);
    case 'command':
      return runCommandCheck(check, where, signal);
  }
};
