/**
 * The containers of one server. Every change addresses a container by its name, and every name carries the claim of whoever
 * may change it; a new owner begins by renaming all that is there. So an order that an older owner gave late finds nothing
 * by that name. A container of ours starts once: what was stopped or never started is not used again, and what is about to
 * be stopped is called `old` before it is, so that nobody takes it for a server that stays.
 */
import { z } from 'zod';
import { GrayError } from '../../../domain/errors.ts';
import { contentOf, type EngineAnswer, refusal, saidBy } from './engine.ts';
import { withAlgorithm } from './image.ts';
import { assertHeld, type Claim, claimPattern, unmarked } from './records.ts';
import type { Site } from './site.ts';

/** `trial`: on its side port, for a look. */
export type Role = 'run' | 'old' | 'trial';

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Null: it was never ours. */
  readonly claim: string | null;
  readonly phase: 'fresh' | 'running' | 'ended';
  readonly createdAt: number;
  /** Id of its image. */
  readonly image: string;
  readonly reference: string;
  readonly labels: Readonly<Record<string, string>>;
}

const listSchema = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Image: z.string(),
    ImageID: z.string(),
    State: z.string(),
    Created: z.number(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

/** Everything of this server, newest first; the container to adopt too, as long as it bears its own name. */
export async function containersOf(site: Site): Promise<readonly Container[]> {
  const { engine, prefix, adopt } = site;
  const filters = JSON.stringify({ name: adopt === null ? [prefix] : [prefix, adopt] });
  const answer = await engine.ask({ method: 'GET', path: '/containers/json', query: { all: 'true', filters } });
  return contentOf(engine, answer, listSchema)
    .flatMap(({ Id, Names, Image, ImageID, State, Created, Labels }) => {
      const name = (Names?.[0] ?? '').replace(/^\//, '');
      const known = name === adopt ? { claim: null, role: 'run' as const } : partsOf(prefix, name);
      if (known === null) return [];
      const labels = unmarked(Labels ?? {});
      const phase = phaseOf(State);
      return [
        { id: Id, name, ...known, phase, createdAt: Created, image: withAlgorithm(ImageID), reference: Image, labels },
      ];
    })
    .sort((one, other) => other.createdAt - one.createdAt);
}

function partsOf(prefix: string, name: string): Pick<Container, 'claim' | 'role'> | null {
  if (!name.startsWith(`${prefix}.`)) return null;
  const [, claim = '', role] = /^(\d+\.\d+)\.(run|old|trial)\./.exec(name.slice(prefix.length + 1)) ?? [];
  if (!claimPattern.test(claim)) return null;
  return { claim, role: role === 'old' || role === 'trial' ? role : 'run' };
}

function phaseOf(state: string): Container['phase'] {
  if (['created', 'configured', 'initialized'].includes(state)) return 'fresh';
  return ['exited', 'stopped', 'dead', 'removing'].includes(state) ? 'ended' : 'running';
}

export const nameFor = ({ prefix }: Site, claim: Claim, role: Role, last: string): string =>
  `${prefix}.${claim.name}.${role}.${last}`;

/** Others may change what they own while we take it over, so look again until all is ours. */
const attempts = 50;

/** Makes everything of the server ours, and clears what an interrupted attempt left half made. */
export async function takeOver(site: Site, claim: Claim): Promise<readonly Container[]> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await containersOf(site);
    const others = found.filter((one) => one.claim !== claim.name);
    if (others.length === 0) return found;
    for (const one of others) await takeOne(site, claim, one);
    await assertHeld(site, claim);
  }
  throw new GrayError('serverLocked', `${site.server.id}: its containers do not hold still`);
}

async function takeOne(site: Site, claim: Claim, one: Container): Promise<void> {
  // Without a claim it was somebody else's, who may have stopped it on purpose.
  if (one.role === 'trial' || (one.phase === 'fresh' && one.claim !== null)) return remove(site, one.name);
  const role = one.phase === 'running' ? one.role : 'old';
  await rename(site, one.name, nameFor(site, claim, role, one.id.slice(0, 12)));
}

/** Stops a container of ours for good; the stopped one is kept. Its name as it is now. */
export async function retire(site: Site, claim: Claim, one: Container): Promise<string> {
  const name = nameFor(site, claim, 'old', one.id.slice(0, 12));
  if (one.name !== name) await rename(site, one.name, name);
  const { stopMs } = site.spec;
  const query = { t: String(Math.ceil(stopMs / 1000)) };
  const path = `/containers/${name}/stop`;
  await accepted(site, { method: 'POST', path, query, timeoutMs: stopMs + 30_000 });
  return name;
}

export const start = async (site: Site, name: string): Promise<void> => {
  const answer = await site.engine.ask({ method: 'POST', path: `/containers/${name}/start` });
  if (answer.status < 300 || answer.status === 304) return;
  if (answer.status === 404) throw gone(name);
  const said = saidBy(answer);
  throw new Error(`the engine could not start it: ${said}${portHint(site, said)}`);
};

function portHint({ server }: Site, said: string): string {
  if (!/port is already|address already in use/i.test(said)) return '';
  return `; if a container of yours serves on port ${server.address.port}, name it in deploy.adopt of ${server.id}`;
}

const createdSchema = z.object({ Id: z.string() });

export async function create(site: Site, name: string, body: unknown): Promise<void> {
  const answer = await site.engine.ask({ method: 'POST', path: '/containers/create', query: { name }, body });
  if (answer.status !== 201) throw new Error(`the engine could not create it: ${saidBy(answer)}`);
  contentOf(site.engine, answer, createdSchema);
}

export const remove = (site: Site, name: string): Promise<void> =>
  accepted(site, { method: 'DELETE', path: `/containers/${name}`, query: { force: 'true' } });

const rename = (site: Site, from: string, to: string): Promise<void> =>
  accepted(site, { method: 'POST', path: `/containers/${from}/rename`, query: { name: to } });

/** That there is none by this name any more is for the next look, or for the claim, to tell. 409: it is being removed. */
async function accepted(site: Site, call: Parameters<Site['engine']['ask']>[0]): Promise<void> {
  const answer = await site.engine.ask(call);
  if (answer.status >= 400 && answer.status !== 404 && answer.status !== 409) throw refusal(site.engine, answer);
}

const inspectSchema = z.object({
  Image: z.string(),
  RestartCount: z.number().optional(),
  State: z.object({
    Status: z.string(),
    ExitCode: z.number().optional(),
    Health: z.object({ Status: z.string(), Log: z.array(z.object({ Output: z.string() })).nullish() }).nullish(),
  }),
});

export type Inspected = z.output<typeof inspectSchema>;

/** Throws when there is none by this name: somebody else has taken over, or removed it by hand. */
export async function inspect({ engine }: Site, name: string): Promise<Inspected> {
  const answer = await engine.ask({ method: 'GET', path: `/containers/${name}/json` });
  if (answer.status === 404) throw gone(name);
  return contentOf(engine, answer, inspectSchema);
}

const gone = (name: string): Error => new Error(`the container ${name} is gone`);

/** The last lines it wrote. */
export async function logTail({ engine }: Site, name: string, lines = 5): Promise<string> {
  const query = { stdout: 'true', stderr: 'true', tail: String(lines) };
  const answer = await engine.ask({ method: 'GET', path: `/containers/${name}/logs`, query });
  return answer.status === 200 ? plainLog(answer).slice(-2_000).trim() : '';
}

/** Without a terminal the engine puts a header of eight bytes before each piece: stream, and length in the last four. */
function plainLog({ body }: EngineAnswer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= body.length; ) {
    if ((body[at] ?? 9) > 2) return body.toString('utf8');
    const length = body.readUInt32BE(at + 4);
    pieces.push(body.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(pieces).toString('utf8');
}
