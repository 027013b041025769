/** Finds or fetches the Temporal programs before the first test, so that test files and their processes find them in the environment. */
import { temporalCli, temporalTestServer } from '../../src/provision/program.ts';
import { provisionTemporal, provisionTestServer } from '../../src/provision/provision.ts';

export async function setup(): Promise<void> {
  const options = { log: (line: string) => console.log(line), env: process.env };
  process.env[temporalCli.variable] ??= (await provisionTemporal(options)).path;
  process.env[temporalTestServer.variable] ??= (await provisionTestServer(options)).path;
}
