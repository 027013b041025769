/** The answer of `gray who`, for people. */
import { percentOf } from '../domain/percent.ts';
import type { Asker, StepAnswer } from '../domain/who.ts';
import { table } from './table.ts';
import type { WhoNow } from './who-now.ts';

export interface Who {
  readonly target: string;
  /** Of the release file. */
  readonly version: string;
  readonly asker: Asker;
  readonly now: WhoNow | { readonly unknown: string };
  readonly steps: readonly StepAnswer[];
}

export function renderWho(who: Who): string[] {
  const rows = who.steps.map((step) => [step.step, percentOf(step.shareBp), gets(step, who.version), step.why]);
  return [
    `${nameOf(who.asker)} of ${who.target}`,
    `now: ${nowText(who)}`,
    '',
    `In a release of ${who.version}:`,
    table(['step', 'share', 'gets', 'because'], rows, [20, 9, 24, 80]),
  ];
}

function nameOf({ user, attributes }: Asker): string {
  const headers = Object.entries(attributes).map(([name, value]) => `${name}: ${value}`);
  return [user === null ? 'a request without identity' : `user ${user}`, ...headers].join(', ');
}

const gets = ({ arm }: StepAnswer, version: string): string =>
  arm === null ? 'either' : arm === 'gray' ? `gray, ${version}` : 'stable, base version';

function nowText({ now }: Who): string {
  if ('unknown' in now) return `unknown: ${now.unknown}`;
  const versions = now.versions.length === 0 ? 'no server names its version' : now.versions.join(' or ');
  const other = now.fallback ? ' (answered by the other pool: its own serves nothing)' : '';
  return `${now.arm}, ${versions}${other}; ${now.why}; period ${now.period}`;
}
