/** What is measured, and what `judge.md` (our statistics page) measured in the same cells before: the bar. */
import { good, intermittent, type Kind, late, type Scenario, steady } from './streams.ts';

const scenario = (name: string, more: Partial<Scenario>): Scenario => ({
  ...{ name, kind: 'iid', perMinute: 6_000, rate: 0.005, fault: good },
  ...more,
});

const traffic = (perMinute: number, rate: number): string =>
  `${perMinute < 1_000 ? perMinute : `${perMinute / 1_000}k`} · ${(rate * 100).toFixed(1)} %`;

const harmless = (kind: Kind, perMinute: number, rate: number): Scenario =>
  scenario(`${kind} ${traffic(perMinute, rate)}`, { kind, perMinute, rate });

export const harmlessCells: readonly Scenario[] = [
  harmless('iid', 600, 0.005),
  harmless('iid', 6_000, 0.001),
  harmless('iid', 6_000, 0.005),
  harmless('iid', 60_000, 0.005),
  harmless('drift', 6_000, 0.005),
  harmless('incident', 6_000, 0.005),
  harmless('clump', 600, 0.005),
  harmless('clump', 6_000, 0.005),
  harmless('clump', 60_000, 0.005),
];

export interface Bar {
  /** Of the releases, percent. */
  readonly percent: number;
  readonly minute: number;
}

export interface Cell {
  readonly scenario: Scenario;
  readonly bar: Bar;
}

export interface Row {
  readonly name: string;
  readonly cells: readonly Cell[];
}

export const factors = [1.5, 2, 3, 5, 10, 20] as const;

/** `bars`: percent and minute, one per factor. */
const row = (perMinute: number, rate: number, bars: readonly (readonly [number, number])[]): Row => ({
  name: traffic(perMinute, rate),
  cells: bars.map(([percent, minute], at) => {
    const factor = factors[at] ?? 1;
    const name = `×${factor} ${traffic(perMinute, rate)}`;
    return { scenario: scenario(name, { perMinute, rate, fault: steady(factor) }), bar: { percent, minute } };
  }),
});

export const detectionRows: readonly Row[] = [
  row(600, 0.005, [
    [16, 45],
    [78, 43],
    [100, 27],
    [100, 18],
    [100, 11],
    [100, 5],
  ]),
  row(6_000, 0.001, [
    [41, 47],
    [99, 33],
    [100, 22],
    [100, 13],
    [100, 7],
    [100, 3],
  ]),
  row(6_000, 0.005, [
    [100, 30],
    [100, 19],
    [100, 12],
    [100, 5],
    [100, 2],
    [100, 1],
  ]),
  row(60_000, 0.005, [
    [100, 13],
    [100, 6],
    [100, 2],
    [100, 1],
    [100, 1],
    [100, 1],
  ]),
];

/** Against a tolerated 1.25. */
export const marginRow: Row = row(6_000, 0.005, [
  [32, 48],
  [100, 25],
  [100, 13],
  [100, 7],
  [100, 2],
  [100, 1],
]);

const now = (name: string, fault: Scenario['fault'], bar: Bar): Cell => ({ scenario: scenario(name, { fault }), bar });

export const intermittentCells: readonly Cell[] = [
  now('×10 in 20 % of the minutes', intermittent(0.2, 10), { percent: 100, minute: 12 }),
  now('×20 in 10 % of the minutes', intermittent(0.1, 20), { percent: 99.9, minute: 12 }),
];

/** The bar of the first is what the page had without a mixture; the others it has not. */
const noBar: Bar = { percent: 0, minute: 60 };
export const lateCells: readonly Cell[] = [
  now('×1.5 from minute 41', late(40, 1.5), { percent: 63, minute: 60 }),
  now('×2 from minute 41', late(40, 2), noBar),
  now('×2 from minute 51', late(50, 2), noBar),
  now('×5 from minute 51', late(50, 5), noBar),
];
