/** What would help a stage that will hardly be decided: settings that were tried out on paper, not rules of thumb. */
import { durationText } from '../../duration.ts';
import { percentOf } from '../../percent.ts';
import { crossing, decided } from './crossing.ts';
import { passWalk, type Situation } from './walks.ts';

export interface Hopeless {
  /** `stage 2 of 3, errors` */
  readonly where: string;
  readonly situation: Situation;
  readonly limitMs: number;
  /** Holds until the limit. */
  readonly holds: number;
  readonly undecided: number;
  readonly shareBp: number;
  /** The metric comes from real requests of the share alone: not from probes, lists or segments. */
  readonly followsShare: boolean;
}

/** More than one release in ten waits for a person or goes back for nothing. */
export const isHopeless = (undecided: number): boolean => undecided > 0.1;

/** One that helps leaves fewer undecided than this. */
const enough = 0.05;

export function adviceFor(hopeless: Hopeless): string {
  const { where, undecided, limitMs } = hopeless;
  const found = [share(hopeless), passMargin(hopeless), hold(hopeless), maxRate(hopeless)].filter(
    (one) => one !== null,
  );
  const said = `${where}: ${percentText(undecided)} of good releases are undecided after ${durationText(limitMs)}`;
  const person = 'a person who decides (undecided: hold, or an approval)';
  return found.length === 0
    ? `${said}: no share, passMargin, hold or maxRate alone is enough; make it a guard, or have ${person}`
    : `${said}; any of these helps: ${[...found, person].join(', ')}`;
}

export function percentText(chance: number): string {
  if (chance > 0 && chance < 0.01) return 'under 1 %';
  return chance > 0.99 && chance < 1 ? 'over 99 %' : `${Math.round(chance * 100)} %`;
}

const helps = (situation: Situation, limitMs: number): boolean =>
  crossing(passWalk(situation), limitMs).undecided <= enough;

const shares = [200, 500, 1_000, 2_000, 3_300, 5_000];

/** With the pass margin as it is: that of a larger share is stricter by default. */
function share({ situation, limitMs, shareBp, followsShare }: Hopeless): string | null {
  if (!followsShare) return null;
  const larger = shares.find(
    (bp) => bp > shareBp && helps({ ...situation, part: (situation.part * bp) / shareBp }, limitMs),
  );
  if (larger === undefined) return null;
  return `a share of ${percentOf(larger)} with passMargin: ${situation.passMargin}`;
}

const margins = [1.5, 2, 3, 5, 10];

function passMargin({ situation, limitMs }: Hopeless): string | null {
  const looser = margins.find((one) => one > situation.passMargin && helps({ ...situation, passMargin: one }, limitMs));
  return looser === undefined ? null : `passMargin: ${looser}`;
}

function hold({ situation, holds }: Hopeless): string | null {
  for (const { ms, left } of decided(passWalk(situation), 0)) {
    if (left <= enough) return `a hold of ${durationText(roundedUp(ms / holds))}`;
  }
  return null;
}

/** To two digits that people would write: minutes below two hours, else hours. */
const roundedUp = (ms: number): number => {
  const unit = ms < 2 * 3_600_000 ? 60_000 : 3_600_000;
  return Math.ceil(ms / unit) * unit;
};

/** In percent, such as an operator may set who knows what is usual. */
const limits = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

/** At least three times the usual rate, or a good gray would be failed by it. */
function maxRate({ situation, limitMs }: Hopeless): string | null {
  const { rule, baseRate } = situation;
  const lowest = Math.max(3 * baseRate, rule.maxRate ?? 0);
  const found = limits.find(
    (one) => one / 100 > lowest && helps({ ...situation, rule: { ...rule, maxRate: one / 100 } }, limitMs),
  );
  return found === undefined ? null : `maxRate: ${found}%`;
}
