/**
 * The way to stable that needs no decider: one empty file `<slot>-<server>` for each of 256 slots, in a directory that
 * `current` points to. A proxy draws a slot and looks whose file exists. The link is renamed, so a request sees the old
 * servers or the new ones.
 */
import { mkdir, open, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DesiredRoute } from '../domain/route.ts';
import { servingFor } from '../domain/serving.ts';
import type { ServerConfig } from '../router/config.ts';

const slots = 256;

export class Road {
  readonly #dir: string;
  readonly #weights: ReadonlyMap<string, number>;
  #shown: string | undefined;

  constructor(dir: string, servers: readonly ServerConfig[]) {
    this.#dir = dir;
    this.#weights = new Map(servers.map(({ id, weight }) => [id, weight]));
  }

  /** Durable when it resolves; free when the servers are the same. */
  async show(route: DesiredRoute): Promise<void> {
    const { servers } = servingFor(route, 'stable', () => true);
    const names = slotFiles(servers, this.#weights);
    const shown = names.join();
    if (shown === this.#shown) return;
    const fresh = `${Date.now()}-${route.fence}`;
    await mkdir(join(this.#dir, fresh), { recursive: true });
    await Promise.all(names.map((name) => writeFile(join(this.#dir, fresh, name), '')));
    await synced(join(this.#dir, fresh));
    const link = join(this.#dir, `link-${fresh}`);
    await rm(link, { force: true });
    await symlink(fresh, link);
    await rename(link, join(this.#dir, 'current'));
    await synced(this.#dir);
    this.#shown = shown;
    await this.#clear();
  }

  /** What was shown before, and what a killed decider left half-done. */
  async #clear(): Promise<void> {
    const current = await readlink(join(this.#dir, 'current'));
    const old = (await readdir(this.#dir)).filter((name) => /^(link-)?\d+-\d+$/.test(name) && name !== current);
    await Promise.all(old.map((name) => rm(join(this.#dir, name), { recursive: true, force: true })));
  }
}

/** Every slot has one server, by weight. */
export function slotFiles(servers: readonly string[], weights: ReadonlyMap<string, number>): string[] {
  const total = servers.reduce((sum, id) => sum + (weights.get(id) ?? 100), 0);
  let slot = 0;
  let passed = 0;
  return servers.flatMap((id) => {
    passed += weights.get(id) ?? 100;
    const names: string[] = [];
    for (; slot < Math.round((passed / total) * slots); slot += 1) names.push(`${slotName(slot)}-${id}`);
    return names;
  });
}

const slotName = (slot: number): string => slot.toString(16).padStart(2, '0');

async function synced(directory: string): Promise<void> {
  const opened = await open(directory, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
