/**
 * `npm run bench:routers`: every router of this machine under load from a client that does not retry, over changes, late
 * writers and a restart of every server; and what the split costs the embedded one. Writes docs/routers-benchmark.md and
 * the tables of abilities, unless it runs quickly or in part.
 */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { onPath } from '../src/provision/executable.ts';
import { say } from './options.ts';
import { type Figure, finish, percentileFigures, percentiles } from './report.ts';
import { entries } from './routers/entries/index.ts';
import type { RouterEntry } from './routers/entry.ts';
import { type Measured, measure } from './routers/measure.ts';
import { type LastRun, lastRunFile, type WholeRelease } from './routers/measured.ts';
import { type Overhead, overhead } from './routers/overhead.ts';
import { pageOf, rounded, rowOf } from './routers/page.ts';
import { fullSize, quickSize } from './routers/size.ts';
import { writeTables } from './routers/tables.ts';
import { wholeFigures, wholeReleases } from './routers/whole.ts';

interface Options {
  readonly quick?: true;
  readonly only?: string;
  readonly table?: true;
}

const options = new Command('npm run bench:routers --')
  .description('Measures the routers under load.')
  .option('--quick', 'a small run')
  .option('--only <names>', 'some of the routers, with commas between them')
  .option('--table', 'only writes the tables anew, from the last run')
  .parse()
  .opts<Options>();

const quick = options.quick === true;
const size = quick ? quickSize : fullSize;

async function bench(): Promise<void> {
  const wanted = entries.filter(({ name }) => options.only?.split(',').includes(name) ?? true);
  const measured = new Map<string, Measured>();
  for (const entry of wanted) {
    const { start } = entry;
    if (start === null || !(await isThere(entry))) continue;
    say(`${entry.name}: ${size.changes} changes, ${size.requests} requests`);
    const found = await measure({ ...entry, start }, size);
    measured.set(entry.name, found);
    for (const { lost, connection } of found.lost.slice(0, 3)) say(`lost (${connection}): ${lost}`);
    for (const answer of [...found.mismatches, ...found.torn].slice(0, 3)) say(`wrong: ${answer}`);
  }
  say('a whole release with each router and deployer');
  const whole = await wholeReleases([...measured.keys()].slice(0, quick ? 1 : undefined), say);
  say('what the split costs');
  const cost = await overhead(quick ? { rounds: 1, roundMs: 200 } : { rounds: 12, roundMs: 1_500 });
  if (!quick && options.only === undefined) keep(measured, whole, cost);
  const mayLose = entries.filter(({ abilities }) => abilities.dropsOnChange).map(({ name }) => name);
  finish('routers', [
    ...wanted.flatMap((entry) => figuresOf(entry, measured.get(entry.name))),
    ...wholeFigures(whole, mayLose),
    ...costFigures(cost),
  ]);
}

/** A missing program is told by name, and with CI set nothing may be missing. */
async function isThere({ name, program }: RouterEntry): Promise<boolean> {
  if (program === null) return true;
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin`;
  const found = await Promise.all(program.map((one) => onPath(one, { PATH: path })));
  if (found.some((one) => one !== null)) return true;
  if (process.env.CI) throw new Error(`${name}: ${program.join(' or ')} is not installed`);
  say(`${name}: left out, ${program.join(' or ')} is not installed`);
  return false;
}

function figuresOf({ name, abilities }: RouterEntry, found: Measured | undefined): Figure[] {
  if (found === undefined) return [];
  const ratio = percentiles(found.setAndConfirm).p95 / percentiles(found.bare).p95;
  const lost = { name: `${name}: lost`, value: found.lost.length, unit: '' };
  return [
    { name: `${name}: requests`, value: found.requests, unit: '', atLeast: size.requests },
    abilities.dropsOnChange ? lost : { ...lost, atMost: 0 },
    { name: `${name}: mismatches`, value: found.mismatches.length, unit: '', atMost: 0 },
    { name: `${name}: torn`, value: found.torn.length, unit: '', atMost: 0 },
    { name: `${name}: older fences in effect`, value: found.staleInEffect, unit: '', atMost: 0 },
    ...percentileFigures(`${name}: set + confirm`, 'ms', found.setAndConfirm),
    ...percentileFigures(`${name}: bare change`, 'ms', found.bare),
    { name: `${name}: set + confirm ÷ bare change, p95`, value: ratio, unit: '', atMost: 5 },
  ];
}

const costFigures = ({ library, careful, embedded, toLibrary, toCareful }: Overhead): Figure[] => [
  { name: 'http-proxy-3 as it comes', value: library, unit: 'requests/s' },
  { name: 'http-proxy-3 with time limits', value: careful, unit: 'requests/s' },
  { name: 'embedded', value: embedded, unit: 'requests/s' },
  { name: 'embedded ÷ http-proxy-3 as it comes', value: toLibrary, unit: '' },
  { name: 'embedded ÷ http-proxy-3 with time limits', value: toCareful, unit: '', atLeast: 0.9 },
];

function keep(measured: ReadonlyMap<string, Measured>, whole: readonly WholeRelease[], cost: Overhead): void {
  const run: LastRun = {
    routers: Object.fromEntries([...measured].map(([name, found]) => [name, rowOf(found)])),
    whole: [...whole],
    overhead: rounded(cost),
  };
  writeFileSync(lastRunFile, `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(new URL('../docs/routers-benchmark.md', import.meta.url), pageOf(run));
  writeTables();
}

if (options.table === true) writeTables();
else await bench();
