/** Owns a Temporal server until it is killed; prints the server's process id. */
import { startDevServer } from '../../src/provision/dev-server.ts';

const [path = ''] = process.argv.slice(2);
const server = await startDevServer({ path, namespace: 'gray', searchAttributes: [], log: console.error });
console.log(`server ${server.pid}`);
