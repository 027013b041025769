/**
 * The one place that changes a server: a short process of its own, started by switch.ts, without dependencies.
 *
 * Why a process: whoever started us may freeze or die at any line. We carry our claim in our environment before we look at
 * the claims. A newer owner first adds its claim, then kills every older switch it can see, then acts. So a switch either
 * sees the newer claim and leaves, or was visible before that claim existed and is killed. None can act late.
 *
 * Plan on standard input as JSON, one step a line on standard output. Exit status 3: somebody else owns the server.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const { GRAY_SWITCH_HOME: home, GRAY_SWITCH_CLAIM: claim, ...environment } = process.env;
const plan = JSON.parse(await text(process.stdin));
const at = (...names) => join(home, ...names);

// The starter may be gone; then nobody listens.
process.stdout.on('error', () => undefined);
const report = (step) => process.stdout.write(`${step}\n`);

function leaveUnlessOwner() {
  const owner = fs.readdirSync(at('claims')).sort().at(-1);
  if (owner !== claim) process.exit(3);
}

/** Puts a staged build in its place; a damaged one there makes way. */
function install({ staged, release }) {
  fs.rmSync(at('staging', `${claim}.damaged`), { recursive: true, force: true });
  if (fs.existsSync(at('releases', release))) {
    fs.renameSync(at('releases', release), at('staging', `${claim}.damaged`));
  }
  fs.renameSync(at('staging', staged), at('releases', release));
}

/** Whole or not at all, and on the disk before the next step. */
function writeRecord(name, record) {
  const draft = at('staging', `${claim}.${name}`);
  const file = fs.openSync(draft, 'w');
  fs.writeSync(file, `${JSON.stringify(record, null, 2)}\n`);
  fs.fsyncSync(file);
  fs.closeSync(file);
  fs.renameSync(draft, at(name));
}

function startTimeOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return 'ZX'.includes(fields[0]) ? null : fields[19];
  } catch {
    return null;
  }
}

const isAlive = ({ pid, startTime }) => startTimeOf(pid) === startTime;

function send(signal, { pid }) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

async function stop(processes, patienceMs) {
  const deadline = performance.now() + patienceMs;
  for (const one of processes.filter(isAlive)) send('SIGTERM', one);
  while (processes.some(isAlive) && performance.now() < deadline) await sleep(10);
  for (const one of processes.filter(isAlive)) send('SIGKILL', one);
  while (processes.some(isAlive)) await sleep(10);
}

/** Detached: the server outlives us and whoever started us. */
async function start({ command, args, release, variables }) {
  const log = openLog();
  // Marks where this start's part of the log begins.
  fs.writeSync(log, `=== start ${variables.GRAY_VERSION}\n`);
  const child = spawn(command, args, {
    cwd: at('releases', release, 'files'),
    env: { ...environment, ...variables, GRAY_SERVER_HOME: home },
    detached: true,
    stdio: ['ignore', log, log],
  });
  await once(child, 'spawn');
  child.unref();
  const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  writeRecord('process.json', { pid: child.pid, startTime: startTimeOf(child.pid) ?? 'ended', boot });
}

function openLog() {
  const log = at('server.log');
  const size = fs.statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (size > plan.logBytes) fs.renameSync(log, `${log}.1`);
  return fs.openSync(log, 'a');
}

/** Older builds beyond the number to keep, and what older attempts left half done. */
function prune({ keep, always }) {
  const age = (name) => fs.statSync(at('releases', name)).mtimeMs;
  const newestFirst = fs.readdirSync(at('releases')).sort((one, other) => age(other) - age(one));
  const old = newestFirst.slice(keep).filter((name) => !always.includes(name));
  const left = fs.readdirSync(at('staging')).filter((name) => name < claim || name === `${claim}.damaged`);
  for (const name of old) fs.rmSync(at('releases', name), { recursive: true, force: true });
  for (const name of left) fs.rmSync(at('staging', name), { recursive: true, force: true });
}

const steps = [
  ['installed', plan.install, () => install(plan.install)],
  ['base recorded', plan.base, () => writeRecord('base.json', plan.base)],
  ['current set', plan.current, () => writeRecord('current.json', plan.current)],
  ['stopped', plan.stop, () => stop(plan.stop, plan.stopMs)],
  ['started', plan.start, () => start(plan.start)],
  ['pruned', plan.prune, () => prune(plan.prune)],
];

for (const [step, wanted, act] of steps) {
  if (wanted === null) continue;
  leaveUnlessOwner();
  await act();
  report(step);
}
process.exit(0);
