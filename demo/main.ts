/** `npm run demo`: one scenario, or all of them, and the proof. */
import { once } from 'node:events';
import picocolors from 'picocolors';
import { defaultLoad } from './load/options.ts';
import { type DemoOptions, readOptions } from './options.ts';
import { play } from './play.ts';
import { type Result, resultOf } from './result.ts';
import { type ScenarioName, scenarioOf } from './scenarios.ts';
import { onStage } from './stage/stage.ts';
import { proofLines, tableOf } from './view/proof.ts';
import { type Screen, screenOn } from './view/screen.ts';

const { users, rate } = defaultLoad;
const interrupted = 130;
const failed = 1;

async function main(): Promise<number> {
  const wish = readOptions(process.argv.slice(2), {
    writeOut: (text) => process.stdout.write(text),
    writeErr: (text) => process.stderr.write(text),
  });
  if ('leave' in wish) return wish.leave;
  // With --json standard output carries the result alone.
  const screen = screenOn(wish.json ? process.stderr : process.stdout);
  const signal = interruption(screen);
  const results: Result[] = [];
  try {
    for (const scenario of wish.scenarios) results.push(await perform(scenario, wish, screen, signal));
  } catch (error) {
    if (signal.aborted) return interrupted;
    screen.done();
    screen.say(picocolors.red(`the demo failed: ${error instanceof Error ? error.message : error}`));
    return failed;
  }
  const ok = results.every((result) => result.ok);
  if (results.length > 1) screen.say(`\n${tableOf(results, picocolors.isColorSupported)}`);
  if (wish.json) process.stdout.write(`${JSON.stringify({ ok, results })}\n`);
  return ok ? 0 : 1;
}

async function perform(
  scenario: ScenarioName,
  options: DemoOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<Result> {
  screen.say(`\n${picocolors.bold(`${scenario}: ${scenarioOf(scenario).about}`)}`);
  const say = (line: string) => screen.say(picocolors.dim(`  ${line}`));
  return onStage({ scenario: scenarioOf(scenario), say, signal, ...options }, async (stage) => {
    say(`${users} users send ${rate} requests a second, a tenth of them without identity; nothing is ever sent twice`);
    const result = resultOf(await play(stage, { scenario, signal, show: screen.show }));
    screen.done();
    if (!result.ok) stage.keep();
    for (const line of proofLines(result, picocolors.isColorSupported)) screen.say(line);
    if (options.stay) await stayOpen(result.link, say, signal);
    return result;
  });
}

async function stayOpen(link: string, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  say(`open until Ctrl-C: ${link}`);
  if (!signal.aborted) await once(signal, 'abort');
}

/** The first signal ends the demo in order; at the second one the undertaker has to do it. */
function interruption(screen: Screen): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(interrupted);
      screen.done();
      screen.say('stopping; every process of the demo is ended');
      stop.abort();
    });
  }
  return stop.signal;
}

process.exitCode = await main();
