/** The command line of `npm run demo`. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { nearest } from '../src/spec/near.ts';
import { isScenario, type ScenarioName, scenarioNames, scenarioOf } from './scenarios.ts';
import type { RouterKind } from './stage/router.ts';

export interface DemoOptions {
  readonly scenarios: readonly ScenarioName[];
  readonly router: RouterKind;
  readonly pace: 'normal' | 'quick';
  readonly json: boolean;
  /** The folder with logs, builds and database stays. */
  readonly keep: boolean;
  /** The Web UI stays open until Ctrl-C. */
  readonly stay: boolean;
}

/** `leave`: nothing to play, only this to exit with; the text was already written. */
export type DemoWish = DemoOptions | { readonly leave: number };

export interface Writers {
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

export function readOptions(args: readonly string[], writers: Writers): DemoWish {
  const command = describe().configureOutput(writers).exitOverride();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { leave: error.exitCode === 0 ? 0 : 2 };
    throw error;
  }
  const { scenario = ['completed'], router, quick, json, keep, stay } = command.opts<Parsed>();
  const flags = { json: json === true, keep: keep === true, stay: stay === true };
  return { scenarios: scenario, router, pace: quick === true ? 'quick' : 'normal', ...flags };
}

interface Parsed {
  readonly scenario?: readonly ScenarioName[];
  readonly router: RouterKind;
  readonly quick?: true;
  readonly json?: true;
  readonly keep?: true;
  readonly stay?: true;
}

const describe = () =>
  new Command('npm run demo --')
    .description('A whole gray release on this machine: real servers, real router, real Temporal, real load.')
    .option(
      '--scenario <name>',
      'how it goes; may be repeated; all: one after another (default: completed)',
      readScenario,
    )
    .addOption(
      new Option('--router <kind>', 'what splits the traffic').choices(['embedded', 'haproxy']).default('embedded'),
    )
    .option('--quick', 'shorter stages')
    .option('--json', 'the result as JSON on standard output, everything else on standard error')
    .option('--keep', 'keep the folder with logs, builds and history')
    .option('--stay', 'afterwards keep the Web UI open until Ctrl-C')
    .addHelpText('after', `\nScenarios:\n${scenarioList()}`);

function readScenario(name: string, before: readonly ScenarioName[] = []): readonly ScenarioName[] {
  if (name === 'all') return scenarioNames;
  if (isScenario(name)) return [...before, name];
  const near = nearest(name, [...scenarioNames, 'all']);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw new InvalidArgumentError(`no such scenario.${hint} Known: ${scenarioNames.join(', ')}, all.`);
}

function scenarioList(): string {
  const longest = Math.max(...scenarioNames.map((name) => name.length));
  return scenarioNames.map((name) => `  ${name.padEnd(longest)}  ${scenarioOf(name).about}`).join('\n');
}
