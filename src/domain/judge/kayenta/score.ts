/** From the labels of the metrics to one score, 0 to 100. */
import type { Label } from './classify.ts';

export interface Scored {
  readonly label: Label;
  readonly groups: readonly string[];
}

export interface Scoring {
  readonly groupWeights: Readonly<Record<string, number>>;
  /** What a group scores of which nothing was judged: 100, as in Kayenta, or it is left out. */
  readonly emptyGroup: 100 | 'left out';
}

/** Group of the metrics that name none. */
const noGroup = 'other';

/** Null where nothing at all was judged. */
export function scoreOf(metrics: readonly Scored[], { groupWeights, emptyGroup }: Scoring): number | null {
  const groups = [...groupsOf(metrics)].map(([name, members]) => ({ name, score: groupScore(members, emptyGroup) }));
  const weigh = weights(groups, groupWeights);
  const counted = groups.flatMap(({ name, score }) => (score === null ? [] : [{ score, weight: weigh(name) }]));
  const weight = total(counted.map((group) => group.weight));
  if (!(weight > 0)) return null;
  const whole = total(groups.map(({ name }) => weigh(name)));
  return twoPlaces((total(counted.map((group) => group.score * (group.weight / 100))) * whole) / weight);
}

function groupsOf(metrics: readonly Scored[]): ReadonlyMap<string, readonly Label[]> {
  const groups = new Map<string, Label[]>();
  for (const { label, groups: names } of metrics) {
    for (const name of names.length === 0 ? [noGroup] : names) groups.set(name, [...(groups.get(name) ?? []), label]);
  }
  return groups;
}

function groupScore(found: readonly Label[], emptyGroup: Scoring['emptyGroup']): number | null {
  const counted = found.filter((label) => label !== 'Nodata' && label !== 'Error');
  if (counted.length > 0) return (counted.filter((label) => label === 'Pass').length / counted.length) * 100;
  return emptyGroup === 100 ? 100 : null;
}

/** Groups without a weight share what the others leave of 100. */
function weights(groups: readonly { readonly name: string }[], given: Scoring['groupWeights']) {
  const isGiven = (name: string) => Object.hasOwn(given, name);
  const others = groups.filter(({ name }) => !isGiven(name)).length;
  const share = others === 0 ? 0 : Math.max(0, 100 - total(Object.values(given))) / others;
  return (name: string): number => (isGiven(name) ? (given[name] ?? 0) : share);
}

/** Half up, of the decimal number that is meant: 1.005 is 1.01. */
const twoPlaces = (value: number): number => Math.round(Number((value * 100).toPrecision(15))) / 100;

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
