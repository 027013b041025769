/**
 * One demo server's machine: takes deploy requests over HTTP where yours would take them over ssh, and hands each to
 * examples/command-deployer/deploy.mjs. It trusts its network: for the sandbox only.
 *
 *   node agent.mjs SERVER-ID PORT-OF-THE-SERVER PORT-OF-THE-AGENT [FOLDER]
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const [id, port, agentPort, folder = '/var/lib/gray'] = process.argv.slice(2);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const deployer = [here('../examples/command-deployer/deploy.mjs'), folder];
const startServer = ['node', 'server.mjs', '--host', '0.0.0.0', '--port', '{port}', '--server', '{server}'];

createServer(async (request, response) => {
  response.end(await runDeployer(await buffer(request)));
}).listen(Number(agentPort), async () => {
  await bringUp();
  console.log(`agent of ${id} listens on ${agentPort}`);
});

/** After a restart of this machine: what it ran last, or version 1.0.0. */
async function bringUp() {
  const server = { id, address: { host: '127.0.0.1', port: Number(port) } };
  const kept = join(folder, id, 'current.json');
  const artifact = JSON.parse(readFileSync(existsSync(kept) ? kept : here('builds/1.0.0.json'), 'utf8'));
  const version = { get: '/version' };
  const { fence } = JSON.parse(await runDeployer(JSON.stringify({ operation: 'read', server, artifact })));
  const order = { operation: 'deploy', server, artifact, version, fence, recordBase: false };
  console.log(await runDeployer(JSON.stringify(order)));
}

async function runDeployer(order) {
  const run = spawn('node', [...deployer, ...startServer, '--digest', '{digest}'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  run.stdin.end(order);
  return text(run.stdout);
}
