/** `npm run demo -- [options]`: set-up, then the demo with its options, its signals and its exit status. */
import { run } from './run.mjs';
import { setUp } from './setup.mjs';

await setUp();
const [major, minor] = process.versions.node.split('.').map(Number);
const hook = major === 20 && minor < 6 ? '--loader' : '--import';
process.exitCode = await run(process.execPath, [
  '--no-warnings',
  ...[hook, 'tsx'],
  'demo/main.ts',
  ...process.argv.slice(2),
]);
