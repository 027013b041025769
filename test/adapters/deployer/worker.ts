/** A worker of its own that makes one deploy, for tests that kill or freeze it: `worker.ts '{ spec, context, order }'`. */
import { processDeployer } from '../../../src/adapters/deployer/process.ts';

const { spec, context, order } = JSON.parse(process.argv[2] ?? '{}');
process.env.TRAP_ARMED = 'yes';
await processDeployer(spec, context).deploy(order);
