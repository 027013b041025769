/** Releases in which nothing is wrong with gray: every rollback is a false one. */
import { harmlessCells } from './cells.ts';
import { ours, rules } from './rules/index.ts';
import { errorOf, markdownTable, percentOf, type Section } from './section.ts';
import { mostOf, partOf, type Tally, tally } from './tally.ts';

export interface Harmless extends Section {
  /** By rule, the part of the releases rolled back in the worst column. */
  readonly worst: ReadonlyMap<string, number>;
}

export function harmless(runs: number, say: (line: string) => void): Harmless {
  const columns = harmlessCells.map((scenario) => {
    const found = tally(rules, scenario, runs);
    say(`harmless, ${scenario.name}`);
    return { name: scenario.name, found };
  });
  const rows = rules.map(({ name }, at) => [bold(name), ...columns.map(({ found }) => cell(found[at]))]);
  const worst = rules.map(({ name }, at): [string, number] => [
    name,
    Math.max(...columns.map(({ found }) => part(found[at]))),
  ]);
  return {
    title: 'False rollbacks',
    lines: [
      `Percent of good releases that were rolled back, ${runs} a column, ${errorOf(0.01, runs)}. Columns: what happens to both arms,`,
      `requests a minute, rate of bad requests. Ours may have ${mostOf(runs, 0.01)} of ${runs} at α = 1 %.`,
      '',
      ...markdownTable(['rule', ...columns.map(({ name }) => name)], rows),
    ],
    figures: columns.map(({ name, found }) => ({
      name: `false rollbacks, ${name}, worst of ours`,
      value: Math.max(...found.filter(({ rule }) => isOurs(rule)).map(({ minutes }) => minutes.length)),
      unit: `of ${runs}`,
      atMost: mostOf(runs, 0.01),
    })),
    worst: new Map(worst),
  };
}

const isOurs = (name: string): boolean => ours.some((rule) => rule.name === name);
const bold = (name: string): string => (isOurs(name) ? `**${name}**` : name);
const part = (found: Tally | undefined): number => (found === undefined ? Number.NaN : partOf(found));
const cell = (found: Tally | undefined): string => (found === undefined ? '' : percentOf(found));
