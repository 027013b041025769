import { containerHarness } from './container-harness.ts';
import { interruptionContract } from './interruptions.ts';

interruptionContract(
  'container',
  { worker: ['create volumes', 'create containers', 'rename containers', 'stop containers', 'start containers'] },
  containerHarness,
  { width: 3 },
);
