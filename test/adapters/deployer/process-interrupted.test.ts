import { interruptionContract } from './contract.ts';
import { processHarness } from './harnesses.ts';

interruptionContract('process', { switch: ['renameSync', 'kill', 'spawn'], worker: ['writeFile', 'spawn'] }, () =>
  processHarness(),
);
