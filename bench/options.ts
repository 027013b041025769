/** The command line of every benchmark. */
import { Command } from 'commander';

export interface BenchOptions {
  /** A small run that shows the bench works; its figures say little. */
  readonly quick: boolean;
}

export const readOptions = (name: string, about: string): BenchOptions => ({
  quick: command(name, about).parse().opts<{ quick?: true }>().quick === true,
});

/** For a benchmark with options of its own. */
export const command = (name: string, about: string): Command =>
  new Command(`npm run bench:${name} --`).description(about).option('--quick', 'a small run');

/** Progress, with the seconds since the start. */
export const say = (line: string): void =>
  console.log(`${(performance.now() / 1_000).toFixed(1).padStart(6)} s  ${line}`);
