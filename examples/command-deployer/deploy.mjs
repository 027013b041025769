/**
 * A deploy program for `deployer: { kind: command }`, as short as one that keeps every promise can be. It runs servers as
 * processes on this machine; take it as the pattern for yours over ssh and systemd.
 *
 *   command: [node, deploy.mjs, /srv/deploy, node, server.mjs, --port, "{port}"]
 *                               ↑ its own folder  ↑ how to start a server inside its build
 *
 * One run per call. In: a request as JSON on standard input. Out: an answer as JSON on standard output. Each line on standard
 * error is shown as progress. Builds are directories. Operations and answers:
 *   read       → { base: { artifact, release } | null, fence }
 *   available  → { ok: true } | { ok: false, reason }
 *   deploy     → { ok: true } once the server answers
 *   any        → { error: { code: staleFence | serverLocked | artifactMissing | deployFailed, message, seen? } }
 *
 * It may be killed or frozen at any line and run again beside itself. Therefore a run first adds a claim, named by its fence and
 * holding its process id; then kills the runs whose claims stand below; then changes the server. A run that finds a higher claim leaves.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const [root, ...startCommand] = process.argv.slice(2);
const request = JSON.parse(await text(process.stdin));
const { server, artifact } = request;
const home = join(root, encodeURIComponent(server.id));
for (const folder of ['claims', 'builds', 'drafts']) fs.mkdirSync(join(home, folder), { recursive: true });

const operations = {
  read: () => ({ base: baseForRelease(), fence: highestClaim().fence }),
  available: () => {
    const reason = missing();
    return reason === null ? { ok: true } : { ok: false, reason };
  },
  deploy,
};
answer(await operations[request.operation]());

async function deploy() {
  const claim = takeClaim();
  progress('claimed');
  const reason = missing();
  if (reason !== null) refuse('artifactMissing', `${artifact.version}: ${reason}`);
  await endRunsBelow(claim);
  progress('alone');
  if (!isKept()) keep(claim);
  progress('kept');
  const pids = serverPids();
  const current = readRecord('current');
  if (request.recordBase && readRecord('base')?.release !== request.release) {
    writeRecord('base', { artifact: current, release: request.release });
    progress('base recorded');
  }
  // The record alone proves nothing: a run may have died between writing it and starting the server.
  if (current?.digest === artifact.digest && pids.length > 0 && (await answersDigest())) return { ok: true };
  writeRecord('current', artifact);
  progress('current written');
  await stop(pids);
  progress('stopped');
  start();
  progress('started');
  await becomeReady();
  return { ok: true };
}

// ── claims: who may change this server ───────────────────────────────────────────────────────────────────────────

function claimNames() {
  return fs.readdirSync(join(home, 'claims')).sort();
}

function highestClaim() {
  const [fence = 0, turn = 0] = claimNames().at(-1)?.split('.').map(Number) ?? [];
  return { fence, turn };
}

function takeClaim() {
  const highest = highestClaim();
  if (request.fence < highest.fence) refuse('staleFence', 'a newer release was here', { seen: highest.fence });
  const turn = request.fence === highest.fence ? highest.turn + 1 : 1;
  const name = `${String(request.fence).padStart(16, '0')}.${String(turn).padStart(8, '0')}`;
  const draft = join(home, 'drafts', `claim-${process.pid}`);
  fs.writeFileSync(draft, JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }));
  try {
    fs.linkSync(draft, join(home, 'claims', name)); // fails where the name exists: two runs never share a claim
  } catch {
    refuse('serverLocked', 'another run claimed this server at the same moment');
  } finally {
    fs.rmSync(draft, { force: true });
  }
  const [above] = claimNames().slice(-1);
  if (above !== name) refuse('staleFence', 'a newer release was here', { seen: highestClaim().fence });
  return name;
}

async function endRunsBelow(claim) {
  for (const name of claimNames().filter((other) => other < claim)) {
    const file = join(home, 'claims', name);
    const run = JSON.parse(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : 'null');
    if (run !== null) await endRun(run);
    fs.rmSync(join(home, 'drafts', name), { recursive: true, force: true });
    fs.rmSync(file, { force: true });
  }
}

async function endRun({ pid, startTime }) {
  if (startTimeOf(pid) === startTime) signal(pid, 'SIGKILL');
  while (startTimeOf(pid) === startTime) await sleep(10);
}

// ── builds: a directory per digest, copied and checked before it is used ─────────────────────────────────────────

function buildFolder() {
  return join(home, 'builds', artifact.digest.replace(':', '-'));
}

function isKept() {
  return fs.existsSync(buildFolder()) && digestOf(buildFolder()) === artifact.digest;
}

function missing() {
  if (isKept()) return null;
  if (artifact.source === undefined) return 'the build is not kept here and has no source';
  if (!fs.existsSync(artifact.source)) return `there is no ${artifact.source}`;
  const found = digestOf(artifact.source);
  return found === artifact.digest ? null : `${artifact.source} has digest ${found}, not ${artifact.digest}`;
}

function keep(claim) {
  const draft = join(home, 'drafts', claim);
  fs.cpSync(artifact.source, draft, { recursive: true });
  if (digestOf(draft) !== artifact.digest) refuse('artifactMissing', `${artifact.source} changed while it was copied`);
  fs.rmSync(buildFolder(), { recursive: true, force: true });
  fs.renameSync(draft, buildFolder());
}

/** As `gray` computes it: SHA-256 over one JSON line per file, sorted by path. */
function digestOf(directory) {
  const files = fs.readdirSync(directory, { recursive: true }).map(String).sort();
  const lines = files
    .filter((path) => fs.lstatSync(join(directory, path)).isFile())
    .map((path) => {
      const mode = (fs.lstatSync(join(directory, path)).mode & 0o100) === 0 ? '-' : 'x';
      return JSON.stringify(['file', mode, sha256(fs.readFileSync(join(directory, path))), path]);
    });
  return sha256(lines.join('\n'));
}

function sha256(content) {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

// ── processes: known by a mark in their environment, so that none is lost when we die after starting it ──────────

function serverPids() {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isServer(name))
    .map(Number);
}

function isServer(pid) {
  try {
    return (
      fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`DEPLOY_HOME=${home}`) &&
      startTimeOf(pid) !== null
    );
  } catch {
    return false;
  }
}

/** Null for a process that is gone, or waits to be reaped. */
function startTimeOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : fields[19];
  } catch {
    return null;
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}

async function stop(pids) {
  const isLeft = (pid) => isServer(pid);
  for (const pid of pids) signal(pid, 'SIGTERM');
  for (let waited = 0; waited < 5_000 && pids.some(isLeft); waited += 20) await sleep(20);
  for (const pid of pids.filter(isLeft)) signal(pid, 'SIGKILL');
  while (pids.some(isLeft)) await sleep(10);
}

function start() {
  const values = { ...server.address, server: server.id, version: artifact.version, digest: artifact.digest };
  const [command, ...args] = startCommand.map((part) =>
    part.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole),
  );
  const log = fs.openSync(join(home, 'server.log'), 'a');
  const env = { ...process.env, DEPLOY_HOME: home };
  // Detached and without our pipes: it outlives this run.
  const child = spawn(command, args, { cwd: buildFolder(), env, detached: true, stdio: ['ignore', log, log] });
  child.once('error', (error) => refuse('deployFailed', error.message));
  child.unref();
}

async function becomeReady() {
  await sleep(50);
  while ((await versionText()) === null) {
    if (serverPids().length === 0) refuse('deployFailed', 'the process ended before it answered; see its server.log');
    await sleep(50);
  }
}

/** What the server says of its version; null while it does not answer. */
async function versionText() {
  const { host, port } = server.address;
  const url = `http://${host}:${port}${request.version.get}`;
  const reply = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  return reply?.ok ? reply.text() : null;
}

async function answersDigest() {
  return (await versionText())?.includes(artifact.digest) ?? false;
}

// ── records and answers ──────────────────────────────────────────────────────────────────────────────────────────

function readRecord(name) {
  const file = join(home, `${name}.json`);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : null;
}

function writeRecord(name, record) {
  const draft = join(home, 'drafts', name);
  fs.writeFileSync(draft, JSON.stringify(record));
  fs.renameSync(draft, join(home, `${name}.json`));
}

function baseForRelease() {
  const base = readRecord('base');
  return base?.artifact ? base : null;
}

function progress(step) {
  process.stderr.write(`${step}\n`);
}

function refuse(code, message, more = {}) {
  answer({ error: { code, message, ...more } });
}

function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
  process.exit(0);
}
