/** What is wrong at one place of a value, before it becomes a `Problem` with a written path and a line. */
import type { Problem } from '../domain/errors.ts';

export type Step = string | number;

export interface Finding {
  readonly path: readonly Step[];
  readonly message: string;
  readonly suggestion?: string | undefined;
}

export type LineOf = (path: readonly Step[]) => number | undefined;

export const finding = (path: readonly Step[], message: string, suggestion?: string): Finding => ({
  path,
  message,
  suggestion,
});

/** `['ramp', 'stages', 1, 'share']` → `ramp.stages[1].share`. */
export function pathText(path: readonly Step[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const name = /^[\w-]+$/.test(step) ? step : JSON.stringify(step);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

/** Each problem once, in the order of the file. */
export function toProblems(findings: readonly Finding[], lineOf: LineOf): Problem[] {
  const problems = new Map<string, Problem & { readonly line: number }>();
  for (const { path, message, suggestion } of findings) {
    const line = lineOf(path);
    const problem = {
      path: pathText(path),
      message: line === undefined ? message : `${message} (line ${line})`,
      ...(suggestion === undefined ? {} : { suggestion }),
      line: line ?? 0,
    };
    problems.set(`${problem.path}\n${problem.message}`, problem);
  }
  return [...problems.values()]
    .sort((one, other) => one.line - other.line)
    .map(({ line: _line, ...problem }) => problem);
}

/** A value as a message quotes it: short, on one line, without the password of a URL. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of keys';
  if (typeof value !== 'string') return String(value);
  const masked = value.replace(/:\/\/[^/\s]*@/g, '://…@');
  return JSON.stringify(masked.length > 60 ? `${masked.slice(0, 57)}…` : masked);
}
