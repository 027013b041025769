/**
 * `npm run bench:history`: how many events the history of a release has, what a command or an approval adds, and that
 * the length of the holds adds nothing.
 */
import { startTemporal, stopTemporal, type TestTemporal } from '../test/support/temporal-server.ts';
import { World } from '../test/support/world.ts';
import { type Case, historyOf, touched, untouched } from './history/cases.ts';
import { fiveStages } from './history/release.ts';
import { eventsInVirtualTime } from './history/virtual-time.ts';
import { readOptions, say } from './options.ts';
import { type Figure, finish } from './report.ts';

const atMost = { untouched: 220, perCommand: 10, apart: 5 } as const;
const minuteMs = 60_000;
const monthMs = 30 * 24 * 60 * minuteMs;

const { quick } = readOptions('history', 'Counts the events of a five-stage release of twenty servers.');

const unit = 'events';

/** 220 for the release, and 10 more for every command or approval in it. */
const ofCase = ({ name, commands }: Case, value: number): Figure => ({
  ...{ name, value, unit },
  atMost: atMost.untouched + atMost.perCommand * commands,
});

async function count(temporal: TestTemporal, one: Case): Promise<number> {
  const events = (await historyOf(temporal, one)).length;
  say(`${one.name}: ${events} events`);
  return events;
}

async function byHand(temporal: TestTemporal): Promise<Figure[]> {
  const plain = await count(temporal, untouched);
  const figures: Figure[] = [ofCase(untouched, plain)];
  for (const one of touched.slice(0, quick ? 1 : touched.length)) {
    const events = await count(temporal, one);
    figures.push(ofCase(one, events));
    figures.push({ name: `${one.name}: each adds`, value: (events - plain) / one.commands, unit });
  }
  return figures;
}

/** With the real observe, in real time; the quick run holds for a second instead. */
async function byHold(temporal: TestTemporal): Promise<Figure[]> {
  const [minute = Number.NaN, month = Number.NaN] = await eventsInVirtualTime([minuteMs, monthMs]);
  say(`in virtual time, holds of 1 minute and of 30 days: ${minute} and ${month} events`);
  const real = await count(temporal, { ...held('1 minute, real observe'), spec: fiveStages(quick ? 1_000 : minuteMs) });
  return [
    ofCase(held('1 minute, real observe'), real),
    ofCase(held('1 minute, stand-in'), minute),
    ofCase(held('30 days, stand-in'), month),
    { name: '30 days against 1 minute', value: Math.abs(month - minute), unit, atMost: atMost.apart },
    { name: 'stand-in against real observe', value: Math.abs(real - minute), unit, atMost: atMost.apart },
  ];
}

const held = (how: string): Case => ({ ...untouched, name: `holds of ${how}` });

async function measure(): Promise<Figure[]> {
  const temporal = await startTemporal();
  // One worker for all: servers and routers in memory are found by target.
  const host = new World(temporal);
  await host.work();
  try {
    return (await Promise.all([byHand(temporal), byHold(temporal)])).flat();
  } finally {
    await host.end();
    await stopTemporal(temporal);
  }
}

finish('history', await measure());
