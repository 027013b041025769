/** Chances over values at equal distances, as far as a plan needs them: bad events are added, and an end is taken off. */

/** The value at index `at` is (`first` + `at`) × `width`. */
export interface Spread {
  readonly first: number;
  readonly width: number;
  readonly chances: readonly number[];
}

export const surelyNone = (width: number): Spread => ({ first: 0, width, chances: [1] });

/** Numbers of events with the given mean; their variance ÷ mean is `scatter`, above 0 and at most 1. */
export function eventsOf(mean: number, scatter: number): Spread {
  // Rounding must not make one trial more of a whole number.
  const trials = Math.max(1, Math.ceil(mean / Math.max(1 - scatter, 1e-9) - 1e-9));
  const part = Math.min(1, mean / trials);
  if (part === 0 || part === 1) return { first: part * trials, width: 1, chances: [1] };
  const mode = Math.floor((trials + 1) * part);
  const odds = part / (1 - part);
  const up = tail((step) => (odds * (trials - mode - step + 1)) / (mode + step));
  const down = tail((step) => (mode - step + 1) / (odds * (trials - mode + step)));
  const chances = [...down.reverse(), 1, ...up];
  const all = chances.reduce((sum, chance) => sum + chance, 0);
  return { first: mode - down.length, width: 1, chances: chances.map((chance) => chance / all) };
}

/** From the mode outwards, 1 being its chance: each is the one before times `ratioOf(step)`. */
function tail(ratioOf: (step: number) => number): number[] {
  const chances: number[] = [];
  for (let [step, chance] = [1, ratioOf(1)]; chance > 1e-11; step += 1, chance *= ratioOf(step)) chances.push(chance);
  return chances;
}

/** Both added, each event being worth `size`. */
export function withEvents(before: Spread, events: Spread, size: number): Spread {
  const spread = coarseEnough(before, events.chances.length * size);
  const added = snapped(events, size, spread.width);
  const chances = new Array<number>(spread.chances.length + added.chances.length - 1).fill(0);
  spread.chances.forEach((chance, at) => {
    added.chances.forEach((more, by) => {
      chances[at + by] = (chances[at + by] ?? 0) + chance * more;
    });
  });
  return trimmed({ first: spread.first + added.first, width: spread.width, chances });
}

/** The same on cells of `width`: a value between two cells is shared by them, so that the mean stays. */
function snapped({ first, width: from, chances }: Spread, size: number, width: number): Spread {
  const places = chances.map((_, at) => ((first + at) * from * size) / width);
  const lowest = Math.floor(places[0] ?? 0);
  const cells = new Array<number>(Math.floor(places.at(-1) ?? 0) - lowest + 2).fill(0);
  places.forEach((place, at) => {
    // Rounding must not leave the smallest part of an event in the cell of none.
    const rest = Math.abs(place - Math.round(place)) < 1e-9 ? 0 : place - Math.floor(place);
    const cell = (rest === 0 ? Math.round(place) : Math.floor(place)) - lowest;
    cells[cell] = (cells[cell] ?? 0) + (chances[at] ?? 0) * (1 - rest);
    cells[cell + 1] = (cells[cell + 1] ?? 0) + (chances[at] ?? 0) * rest;
  });
  return { first: lowest, width, chances: cells };
}

const mostCells = 600;
const mostAdded = 300;

function coarseEnough(spread: Spread, added: number): Spread {
  if (spread.chances.length <= mostCells && added / spread.width <= mostAdded) return spread;
  return coarseEnough(snapped(spread, 1, spread.width * 2), added);
}

const nothing = 1e-11;

function trimmed({ first, width, chances }: Spread): Spread {
  const from = chances.findIndex((chance) => chance > nothing);
  if (from < 0) return { first, width, chances: [] };
  return {
    first: first + from,
    width,
    chances: chances.slice(from, chances.findLastIndex((chance) => chance > nothing) + 1),
  };
}

/** Without the values at one end that are `out`; a value is out when all beyond it are. */
export function without(spread: Spread, end: 'lowest' | 'highest', out: (value: number) => boolean): Spread {
  const { first, width, chances } = spread;
  let [from, to] = [0, chances.length];
  const value = (at: number) => (first + at) * width;
  if (end === 'lowest') while (from < to && out(value(from))) from += 1;
  else while (to > from && out(value(to - 1))) to -= 1;
  return { first: first + from, width, chances: chances.slice(from, to) };
}

export const chanceOf = ({ chances }: Spread): number => chances.reduce((sum, chance) => sum + chance, 0);
