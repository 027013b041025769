/** Processes found by a text in their command line or environment, whoever started them. Reads /proc. */
import { readdir, readFile } from 'node:fs/promises';

/** Pid and command line of every live process but this one that carries `text`. */
export async function processesMentioning(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const found = await Promise.all(pids.map((pid) => mentioning(pid, text)));
  return found.filter((process) => process !== null);
}

async function mentioning(pid: string, text: string): Promise<string | null> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const [command, environment] = await Promise.all([read('cmdline'), read('environ')]);
  if (!command.includes(text) && !environment.includes(text)) return null;
  return `${pid} ${command.replaceAll('\0', ' ').trim()}`;
}
