/** A worker as `gray worker` runs it, but with a bundle that was made before: `worker-main.ts BUNDLE`. */
import { adapters } from '../../../src/adapters.ts';
import { readConfig } from '../../../src/config.ts';
import { installRuntime } from '../../../src/logging.ts';
import { connectWorker, startWorker } from '../../../src/worker.ts';

const [, , codePath = ''] = process.argv;
const { temporal, logLevel } = readConfig();
installRuntime({ logLevel });
const connection = await connectWorker(temporal);
const { namespace } = temporal;
const running = await startWorker({ connection, namespace, adapters, workflows: { codePath } });
process.stdout.write('worker is ready\n');
await running.done;
await connection.close();
