/** A verb of `gray` as data, and how it becomes a command of the argument parser. */
import { Command } from 'commander';
import { type Config, readConfig } from '../config.ts';
import { type Io, invalid } from './io.ts';

export interface Verb {
  /** `approve <target> <stage>` */
  readonly usage: string;
  /** One line for the list of verbs. */
  readonly does: string;
  /** More, for the verb's own help. */
  readonly more?: string;
  readonly group: Group;
  /** One real line. */
  readonly example: string;
  /** Flags and what they do, beside the common ones. */
  readonly options?: readonly (readonly [flags: string, does: string])[];
  /** Runs until it is told to stop, and ends in an order of its own. */
  readonly lasting?: true;
  readonly run: (call: Call) => Promise<number>;
}

export type Group = 'Prepare:' | 'Release:' | 'Decide:' | 'Operate:';

export interface Call {
  readonly args: readonly string[];
  readonly options: Options;
  readonly io: Io;
  readonly config: Config;
  /** Facts go to standard output as JSON, and nothing else does. */
  readonly json: boolean;
}

/** Option values by their camelCase name. */
export type Options = Readonly<Record<string, unknown>>;

export function textOf(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export const isSet = (options: Options, name: string): boolean => options[name] === true;

/** A required argument; the parser has made sure that it is there. */
export function argument(call: Call, index: number): string {
  const value = call.args[index];
  if (value === undefined) throw invalid(`argument ${index + 1} is missing`);
  return value;
}

export function commandOf(verb: Verb, io: Io, finish: (status: number) => void): Command {
  const [name = '', ...args] = verb.usage.split(' ');
  const command = new Command(name)
    .description(verb.more === undefined ? verb.does : `${verb.does}\n${verb.more}`)
    .summary(verb.does)
    .helpGroup(verb.group);
  for (const argument of args) command.argument(argument);
  for (const [flags, does] of [...(verb.options ?? []), ...commonOptions]) command.option(flags, does);
  command.addHelpText('after', `\nExample:\n  ${verb.example}`);
  return command.action(async () => {
    const options: Options = command.opts();
    const config = readConfig(io.env, textOf(options, 'profile'));
    const parsed: readonly string[] = command.processedArgs.filter((arg: unknown) => typeof arg === 'string');
    const work = verb.run({ args: parsed, options, io, config, json: isSet(options, 'json') });
    finish(await (verb.lasting === true ? work : Promise.race([work, interruption(io)])));
  });
}

const interruption = ({ interrupted }: Io): Promise<never> =>
  new Promise((_resolve, reject) => {
    interrupted.addEventListener('abort', () => reject(interrupted.reason), { once: true });
  });

const commonOptions = [
  ['--json', 'print facts as JSON, and nothing else, on standard output'],
  ['--profile <name>', 'Temporal configuration profile'],
  ['--verbose', 'stack traces'],
] as const;
