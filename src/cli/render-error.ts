/** An error for people, and for programs. */
import { errorTable, exitStatus, GrayError, InvalidInput, type Problem } from '../domain/errors.ts';
import { isInterrupted } from './io.ts';

export function exitOfError(error: unknown): number {
  if (isInterrupted(error)) return exitStatus.interrupted;
  return error instanceof GrayError ? errorTable[error.code].exit : exitStatus.defect;
}

/** Message, every problem and a hint; the stack only when asked for. */
export function renderError(error: unknown, verbose: boolean): string[] {
  if (isInterrupted(error)) return ['interrupted'];
  const stack = verbose ? stackOf(error) : [];
  if (!(error instanceof GrayError)) {
    const hint = verbose ? [] : ['this is a defect of the program; --verbose or GRAY_DEBUG=1 shows where'];
    return [`error: ${messageOf(error)}`, ...hint, ...stack];
  }
  return [`error: ${error.message}`, ...problemsOf(error).map(problemLine), `hint: ${error.hint}`, ...stack];
}

export function errorFacts(error: unknown): object {
  if (error instanceof GrayError) {
    const { code, message, hint, details } = error;
    return { error: { code, message, hint, details } };
  }
  return { error: { code: isInterrupted(error) ? 'interrupted' : 'defect', message: messageOf(error) } };
}

const problemsOf = (error: GrayError): readonly Problem[] => (error instanceof InvalidInput ? error.problems : []);

export const problemLine = ({ path, message, suggestion }: Problem): string =>
  `  ${path === '' ? '' : `${path}: `}${message}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function stackOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = (error.stack ?? '').split('\n').slice(1);
  return error.cause === undefined ? own : [...own, `caused by: ${messageOf(error.cause)}`, ...stackOf(error.cause)];
}
