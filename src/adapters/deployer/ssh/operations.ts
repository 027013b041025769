/** The operations of the script on the server (remote/), with what each may answer. */
import type { Artifact } from '../../../domain/artifact.ts';
import { GrayError, staleFence } from '../../../domain/errors.ts';
import { artifactMissing } from '../faults.ts';
import type { BaseRecord } from '../process/records.ts';
import { releaseName } from '../process/releases.ts';
import type { Build } from './builds.ts';
import type { SshPlace } from './place.ts';
import { factsIn, fenceOf, processIn, type ServerFacts, type ServiceProcess } from './records.ts';
import { answer, type Line, openSession, type Said, type SessionOrder } from './session.ts';

/** A server and the way to it. */
export interface Site {
  readonly line: Line;
  readonly place: SshPlace;
}

/** What a change works for. */
export interface Held extends Site {
  readonly artifact: Artifact;
  readonly fence: number;
}

export async function look(site: Site, artifact: Artifact | null, signal?: AbortSignal): Promise<ServerFacts> {
  const values = [artifact === null ? '' : releaseName(artifact.digest)];
  return factsIn(await told(site, { operation: 'look', values, words: site.place.process, ...short(site), signal }));
}

/** Owns the server from here on, and ends what older owners still do there. An older fence throws `staleFence`. */
export async function claim(held: Held): Promise<ServerFacts> {
  const values = [String(held.fence).padStart(16, '0'), releaseName(held.artifact.digest)];
  return factsIn(await asOwner(held, { operation: 'claim', values, words: held.place.process, ...short(held) }));
}

/** Uploads and checks a build beside the others; returns its name there. */
export async function stage(held: Held, name: string, build: Build, signal?: AbortSignal): Promise<string> {
  const { version, digest } = held.artifact;
  const values = [name, build.form, digest.slice('sha256:'.length), JSON.stringify({ version, digest })];
  const said = await asOwner(held, { operation: 'stage', values, data: build.data, ...long(held), signal });
  return answer(said, 'staged') ?? '';
}

/** Empty texts and null leave things as they are; without `current` nothing is restarted. */
export interface SwitchPlan {
  readonly claim: string;
  readonly staged: string;
  readonly base: BaseRecord | null;
  readonly current: Artifact | null;
}

export async function runSwitch(held: Held, plan: SwitchPlan, progress: (step: string) => void): Promise<ServerFacts> {
  const { line, place, artifact } = held;
  const { staged, base, current } = plan;
  const values = [plan.claim, staged, base === null ? '' : JSON.stringify(base), releaseName(artifact.digest)];
  const more = [current === null ? '' : JSON.stringify(current), artifact.version];
  const patienceS = Math.ceil(line.spec.connectMs / 1_000);
  const counts = [line.spec.keep, patienceS, place.restart.length].map(String);
  const order: SessionOrder = {
    ...{ operation: 'switch', values: [...values, ...more, ...counts], words: [...place.restart, ...place.process] },
    ...{ ...long(held), progress },
  };
  return factsIn(await asOwner(held, order));
}

/** The service's process, as long as the claim still owns the server. */
export async function askProcess(held: Held, name: string, signal?: AbortSignal): Promise<ServiceProcess | null> {
  const words = held.place.process;
  return processIn(await asOwner(held, { operation: 'process', values: [name], words, ...short(held), signal }));
}

export interface CommandOutput {
  readonly status: number;
  readonly output: string;
}

/** Runs a command that only looks. */
export async function runThere(site: Site, words: readonly string[], signal?: AbortSignal): Promise<CommandOutput> {
  const said = await told(site, { operation: 'run', words, ...short(site), signal });
  const output = said.filter(([word]) => word === 'output').map(([, rest]) => rest);
  const text = Buffer.from(output.join(''), 'base64').toString('utf8');
  return { status: Number(answer(said, 'status') ?? '1'), output: text };
}

export const examine = (site: Site): Promise<Said> => told(site, { operation: 'doctor', ...short(site) });

const lookMs = 20_000;
const short = ({ line }: Site) => ({ limitMs: line.spec.connectMs + lookMs });
const long = ({ line }: Site) => ({ limitMs: line.spec.connectMs + line.spec.stepMs });

async function told(site: Site, order: SessionOrder): Promise<Said> {
  const { said, done } = await openSession(site.line, site.place, order);
  if (!done) throw new Error(said.at(-1)?.[1] ?? '');
  return said;
}

async function asOwner(held: Held, order: SessionOrder): Promise<Said> {
  const { said, done } = await openSession(held.line, held.place, order);
  const [word, reason] = said.at(-1) ?? ['', ''];
  if (done) return said;
  switch (word) {
    case 'owner':
      throw lost(held, fenceOf(reason));
    case 'locked':
      throw locked(held, 'something that could not be ended holds the lock');
    case 'build':
      throw artifactMissing(held.artifact, reason);
    default:
      throw new Error(reason);
  }
}

/** Somebody else owns the server by now. */
export const lost = ({ place, fence }: Held, seen: number): GrayError =>
  seen > fence
    ? staleFence(fence, seen, place.server)
    : locked({ place, fence }, `another attempt with fence ${fence} has taken over`);

const locked = ({ place, fence }: Pick<Held, 'place' | 'fence'>, reason: string): GrayError =>
  new GrayError('serverLocked', `${place.server}: ${reason}`, { details: { server: place.server, fence } });
