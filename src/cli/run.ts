/** The whole command line: verbs, help, errors and exit status. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { exitStatus } from '../domain/errors.ts';
import { verbs } from './commands/index.ts';
import type { Io } from './io.ts';
import { errorFacts, exitOfError, renderError } from './render-error.ts';
import { commandOf } from './verb.ts';

/** Runs one command line (without node and script) and returns its exit status; never throws. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  let status: number = exitStatus.ok;
  const program = programOf(io, (value) => {
    status = value;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return usage(error, argv, io);
    const verbose = argv.includes('--verbose') || !['', '0', undefined].includes(io.env.GRAY_DEBUG);
    if (argv.includes('--json')) io.out(JSON.stringify(errorFacts(error), null, 2));
    for (const line of renderError(error, verbose)) io.err(line);
    return exitOfError(error);
  }
}

/** Help and version end here too. The parser has printed its words already. */
function usage(error: CommanderError, argv: readonly string[], io: Io): number {
  if (error.exitCode === 0) return exitStatus.ok;
  if (argv.includes('--json'))
    io.out(JSON.stringify({ error: { code: 'invalidInput', message: error.message } }, null, 2));
  return exitStatus.invalid;
}

function programOf(io: Io, finish: (status: number) => void): Command {
  const program = new Command('gray')
    .description('Gray (canary) releases on servers you run yourself, driven by one durable Temporal workflow.')
    .version(packageVersion(), '-V, --version')
    .enablePositionalOptions() // `start --version 2` is the verb's own
    .addHelpText('after', '\nExit statuses: docs/exit-codes.md. Temporal is found by its configuration profiles.');
  for (const verb of verbs) program.addCommand(commandOf(verb, io, finish));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: trimmed(io.out), writeErr: trimmed(io.err) });
  }
  return program;
}

const trimmed = (write: (line: string) => void) => (text: string) => write(text.replace(/\n$/, ''));

function packageVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const parsed: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) return String(parsed.version);
    } catch {
      // compiled code sits one folder deeper
    }
  }
  return 'unknown';
}
