import { processHarness } from './harnesses.ts';
import { interruptionContract } from './interruptions.ts';

interruptionContract('process', { switch: ['renameSync', 'kill', 'spawn'], worker: ['writeFile', 'spawn'] }, () =>
  processHarness(),
);
