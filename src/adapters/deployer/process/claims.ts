/**
 * Who may change a server: a folder of empty files, each named by fence and turn, of which the highest owns the server.
 * A claim only ever adds a name, so a writer that wakes late can add one below the highest and never take the server
 * back. Nobody waits for a dead or frozen owner: a newer claim simply stands above it.
 */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GrayError, staleFence } from '../../../domain/errors.ts';
import type { ServerHome } from './home.ts';

export interface Claim {
  readonly fence: number;
  /** Grows with every attempt that has the same fence. */
  readonly turn: number;
  /** Sorts as fence and turn do. */
  readonly name: string;
}

const nothing: Claim = claimOf(0, 0);

function claimOf(fence: number, turn: number): Claim {
  return { fence, turn, name: `${String(fence).padStart(16, '0')}.${String(turn).padStart(8, '0')}` };
}

/** The claim that owns the server; fence 0, turn 0 where there is none. */
export async function highestClaim(home: ServerHome): Promise<Claim> {
  const names = (await readdir(home.claims)).filter((name) => /^\d{16}\.\d{8}$/.test(name)).sort();
  const [fence, turn] = names.at(-1)?.split('.').map(Number) ?? [];
  return fence === undefined || turn === undefined ? nothing : claimOf(fence, turn);
}

/** Owns the server from here on, until somebody claims it again. An older fence throws `staleFence`. */
export async function claimServer(home: ServerHome, fence: number): Promise<Claim> {
  for (;;) {
    const highest = await highestClaim(home);
    if (fence < highest.fence) throw staleFence(fence, highest.fence, home.server);
    const claim = claimOf(fence, fence === highest.fence ? highest.turn + 1 : 1);
    if (!(await addName(home, claim))) continue;
    await assertHeld(home, claim);
    await dropLower(home, claim);
    return claim;
  }
}

/** Throws `staleFence`, or `serverLocked` where another attempt with the same fence has taken over. */
export async function assertHeld(home: ServerHome, claim: Claim): Promise<void> {
  const highest = await highestClaim(home);
  if (highest.name === claim.name) return;
  if (highest.fence > claim.fence) throw staleFence(claim.fence, highest.fence, home.server);
  throw new GrayError('serverLocked', `${home.server}: another attempt with fence ${claim.fence} has taken over`, {
    details: { server: home.server, fence: claim.fence },
  });
}

async function addName(home: ServerHome, claim: Claim): Promise<boolean> {
  try {
    await writeFile(join(home.claims, claim.name), '', { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

// Only names below our own: the highest is never removed, whoever does this late.
async function dropLower(home: ServerHome, claim: Claim): Promise<void> {
  const lower = (await readdir(home.claims)).filter((name) => name < claim.name);
  await Promise.all(lower.map((name) => rm(join(home.claims, name), { force: true })));
}
