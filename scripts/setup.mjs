/** Makes a fresh clone ready to run, and says what it does. Run by itself or first thing by the other scripts. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { npm, run } from './run.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Ends this process with a clear message when something is missing that it cannot bring itself. */
export async function setUp() {
  process.chdir(root);
  requireNode();
  if (!hasPython()) say('python3 with pip is missing: needed to fetch the Temporal server, unless one is installed');
  await installPackages();
}

export const say = (line) => console.log(`▸ ${line}`);

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 3)) return;
  stop(`Node 20.3 or newer is needed; this is ${process.versions.node}`);
}

export const hasPython = () => spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;

async function installPackages() {
  const stale = missingPackages();
  if (stale.length === 0) return;
  say(`installing npm packages (${stale.length} missing or of another version)`);
  // Not `npm ci`: it refuses a lock file without the binaries of every platform, and not every registry has them all.
  const status = await run(...npm('install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'));
  if (status !== 0) stop('npm install failed; its messages are above');
}

/** What the lock file names and node_modules does not hold; contents, because times mean nothing after a clone. */
function missingPackages() {
  const wanted = Object.entries(readPackages('package-lock.json')).filter(
    ([path, one]) => path !== '' && !one.optional,
  );
  const there = readPackages('node_modules/.package-lock.json');
  return wanted.filter(([path, { version }]) => there[path]?.version !== version).map(([path]) => path);
}

const readPackages = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {});

function stop(reason) {
  console.error(`✗ ${reason}`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp();
  say('ready');
}
