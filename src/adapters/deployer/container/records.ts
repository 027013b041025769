/**
 * What is remembered at the server: claims and the base, as labels of empty volumes. A record is only ever added, under a
 * name that sorts by fence and turn, and the highest counts; so a late writer changes nothing. Volumes, because people
 * prune stopped containers without a second thought.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Artifact } from '../../../domain/artifact.ts';
import { GrayError, staleFence } from '../../../domain/errors.ts';
import type { BaseRecord } from '../process/records.ts';
import { contentOf, refusal } from './engine.ts';
import type { Site } from './site.ts';

/** Who may change the server. */
export interface Claim {
  readonly fence: number;
  /** Grows with every attempt that has the same fence. */
  readonly turn: number;
  /** Sorts as fence and turn do. */
  readonly name: string;
}

export const claimPattern = /^\d{16}\.\d{8}$/;

const volumeSchema = z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()).nullish() });
const listSchema = z.object({ Volumes: z.array(volumeSchema).nullish() });

type Kind = 'claim' | 'base';
type Labels = Readonly<Record<string, string>>;

interface Kept {
  readonly claim: string;
  readonly labels: Labels;
}

/** The claim that owns the server; fence 0 where there is none. */
export async function highestClaim(site: Site): Promise<Claim> {
  const [fence = 0, turn = 0] = (await recordsOf(site, 'claim')).at(-1)?.claim.split('.').map(Number) ?? [];
  return claimOf(fence, turn);
}

/** Owns the server from here on, until somebody claims it again. An older fence throws `staleFence`. */
export async function claimServer(site: Site, fence: number): Promise<Claim> {
  for (;;) {
    const highest = await highestClaim(site);
    if (fence < highest.fence) throw staleFence(fence, highest.fence, site.server.id);
    const claim = claimOf(fence, fence === highest.fence ? highest.turn + 1 : 1);
    const owner = randomUUID();
    // Of several who add the same name one comes first, and the others are told of its labels.
    if ((await addRecord(site, 'claim', claim, { owner })).owner !== owner) continue;
    await assertHeld(site, claim);
    await dropLower(site, 'claim', claim);
    return claim;
  }
}

/** Throws `staleFence`, or `serverLocked` where another attempt with the same fence has taken over. */
export async function assertHeld(site: Site, claim: Claim): Promise<void> {
  const highest = await highestClaim(site);
  if (highest.name === claim.name) return;
  const { id } = site.server;
  if (highest.fence > claim.fence) throw staleFence(claim.fence, highest.fence, id);
  throw new GrayError('serverLocked', `${id}: another attempt with fence ${claim.fence} has taken over`, {
    details: { server: id, fence: claim.fence },
  });
}

const baseLabels = z.object({
  release: z.string(),
  version: z.string().optional(),
  digest: z.string().optional(),
  source: z.string().optional(),
});

export async function readBase(site: Site): Promise<BaseRecord | null> {
  const record = (await recordsOf(site, 'base')).at(-1);
  if (record === undefined) return null;
  const parsed = baseLabels.safeParse(record.labels);
  if (!parsed.success) {
    throw new GrayError('deployFailed', `${site.server.id}: its base record ${record.claim} is not one of ours`);
  }
  const { release, version, digest, source } = parsed.data;
  if (version === undefined || digest === undefined) return { release, artifact: null };
  return { release, artifact: { version, digest, ...(source !== undefined && { source }) } };
}

export async function writeBase(site: Site, claim: Claim, { release, artifact }: BaseRecord): Promise<void> {
  await addRecord(site, 'base', claim, { release, ...(artifact === null ? {} : textsOf(artifact)) });
  await dropLower(site, 'base', claim);
}

export const textsOf = ({ version, digest, source }: Artifact): Labels => ({
  version,
  digest,
  ...(source !== undefined && { source }),
});

function claimOf(fence: number, turn: number): Claim {
  return { fence, turn, name: `${String(fence).padStart(16, '0')}.${String(turn).padStart(8, '0')}` };
}

const volumeName = ({ prefix }: Site, kind: Kind, claim: string): string => `${prefix}.${kind}.${claim}`;

/** Oldest first. */
async function recordsOf(site: Site, kind: Kind): Promise<readonly Kept[]> {
  const start = volumeName(site, kind, '');
  const query = { filters: JSON.stringify({ name: [start] }) };
  const answer = await site.engine.ask({ method: 'GET', path: '/volumes', query });
  const { Volumes } = contentOf(site.engine, answer, listSchema);
  // The filter is a pattern, or a part of the name.
  return (Volumes ?? [])
    .filter(({ Name }) => Name.startsWith(start) && claimPattern.test(Name.slice(start.length)))
    .map(({ Name, Labels }) => ({ claim: Name.slice(start.length), labels: unmarked(Labels ?? {}) }))
    .sort((one, other) => (one.claim < other.claim ? -1 : 1));
}

/** The labels that are there afterwards: those of whoever added the name first. */
async function addRecord(site: Site, kind: Kind, claim: Claim, labels: Labels): Promise<Labels> {
  const Name = volumeName(site, kind, claim.name);
  const { engine } = site;
  const body = { Name, Driver: 'local', Labels: marked(labels) };
  const added = await engine.ask({ method: 'POST', path: '/volumes/create', body });
  // Podman refuses one of two that come at the very same time.
  const there = await engine.ask({ method: 'GET', path: `/volumes/${Name}` });
  if (there.status === 404) throw refusal(engine, added);
  return unmarked(contentOf(engine, there, volumeSchema).Labels ?? {});
}

// Only names below our own: the highest is never removed, whoever does this late.
async function dropLower(site: Site, kind: Kind, { name }: Claim): Promise<void> {
  const lower = (await recordsOf(site, kind)).filter(({ claim }) => claim < name);
  for (const { claim } of lower) {
    await site.engine.ask({ method: 'DELETE', path: `/volumes/${volumeName(site, kind, claim)}` });
  }
}

const mark = 'gray-release.';

export const marked = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [`${mark}${name}`, value]));

export const unmarked = (labels: Labels): Labels =>
  Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) =>
      name.startsWith(mark) ? [[name.slice(mark.length), value]] : [],
    ),
  );
