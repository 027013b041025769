/** The worker's side of agent.mjs: the request from standard input to the server's machine, the answer to standard output. */
import { text } from 'node:stream/consumers';

const body = await text(process.stdin);
const { host } = JSON.parse(body).server.address;
const reply = await fetch(`http://${host}:${process.env.AGENT_PORT ?? 9000}`, { method: 'POST', body });
process.stdout.write(await reply.text());
