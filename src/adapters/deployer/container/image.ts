/** Images, by digest only: which one is meant, whether it is there, and how it gets there. */
import { z } from 'zod';
import type { Artifact } from '../../../domain/artifact.ts';
import { GrayError } from '../../../domain/errors.ts';
import { artifactMissing, deployFailed } from '../faults.ts';
import { refuseTags } from '../image-name.ts';
import { contentOf, type EngineAnswer, type EngineCall, EngineLate, saidBy } from './engine.ts';
import type { Site } from './site.ts';

/** An image on the engine. */
export interface Image {
  /** The engine's own id: the digest of its configuration. */
  readonly id: string;
  /** `name@sha256:…` */
  readonly reference: string;
}

const imageSchema = z.object({ Id: z.string(), RepoDigests: z.array(z.string()).nullish() });

/** The image on the engine, or null. */
export async function imageThere(site: Site, { source, digest }: Artifact): Promise<Image | null> {
  const { engine } = site;
  const reference = source ?? (await keptAs(site, digest));
  if (reference === null) return null;
  const answer = await engine.ask({ method: 'GET', path: `/images/${reference}/json` });
  if (answer.status === 404) return null;
  const { Id, RepoDigests } = contentOf(engine, answer, imageSchema);
  // Not taken on trust: an engine may know an image by a digest that was only asked for.
  return RepoDigests?.some((one) => one.endsWith(`@${digest}`)) ? { id: withAlgorithm(Id), reference } : null;
}

export const withAlgorithm = (id: string): string => (id.startsWith('sha256:') ? id : `sha256:${id}`);

async function keptAs({ engine }: Site, digest: string): Promise<string | null> {
  const answer = await engine.ask({ method: 'GET', path: '/images/json' });
  const images = contentOf(engine, answer, z.array(imageSchema));
  return images.flatMap(({ RepoDigests }) => RepoDigests ?? []).find((one) => one.endsWith(`@${digest}`)) ?? null;
}

/** Pulls the image where it is not there yet. Throws `artifactMissing` where there is none, `deployFailed` where a second try may help. */
export async function provideImage(site: Site, artifact: Artifact, signal?: AbortSignal): Promise<Image> {
  refuseTags(artifact);
  const there = await imageThere(site, artifact);
  if (there !== null) return there;
  const answer = await pull(site, artifact, { timeoutMs: site.spec.pullMs, signal });
  const pulled = await imageThere(site, artifact);
  if (pulled !== null) return pulled;
  throw pullFailed(site, artifact, pullError(answer) ?? 'it is not there after the pull');
}

const firstLayerMs = 30_000;

/**
 * That the image is there, or could be pulled: the engine has got its manifest, by digest, when it names the first layer. Neither
 * engine tells it in another way. The pull then ends where it is. Throws as `provideImage` does.
 */
export async function requireImage(site: Site, artifact: Artifact): Promise<void> {
  refuseTags(artifact);
  if ((await imageThere(site, artifact)) !== null) return;
  const timeoutMs = Math.min(firstLayerMs, site.spec.pullMs);
  const answer = await pull(site, artifact, { timeoutMs, enough: isOfLayer });
  const error = pullError(answer);
  if (error !== null) throw pullFailed(site, artifact, error);
}

const layerSchema = z.object({ id: z.string().min(1), status: z.string().regex(/^(?!Pulling from)/) });

const isOfLayer = (line: string): boolean => layerSchema.safeParse(parsedLine(line)).success;

type PullOrder = Pick<EngineCall, 'timeoutMs' | 'signal' | 'enough'>;

async function pull({ engine, spec, server }: Site, artifact: Artifact, order: PullOrder): Promise<EngineAnswer> {
  const { source, digest } = artifact;
  if (source === undefined) {
    throw artifactMissing(artifact, `${server.id} has no image ${digest}, and the artifact names no source`);
  }
  const [fromImage = '', tag = ''] = source.split('@');
  const headers = registryAuth(spec.registryAuthEnv);
  const path = '/images/create';
  try {
    return await engine.ask({ method: 'POST', path, query: { fromImage, tag }, headers, ...order });
  } catch (error) {
    if (!(error instanceof EngineLate)) throw error;
    throw deployFailed(
      server.id,
      artifact,
      `${source} was not pulled within ${order.timeoutMs} ms (deployer.pull)`,
      error,
    );
  }
}

/** `{"username": …, "password": …}`, or what a registry's own login gives. Podman needs none here: it has its own file. */
function registryAuth(variable: string | undefined): Readonly<Record<string, string>> {
  if (variable === undefined) return {};
  const value = process.env[variable];
  if (value === undefined || value === '') {
    throw new GrayError('serverRefused', `${variable} is not set for this worker; deployer.registryAuthEnv names it`);
  }
  return { 'x-registry-auth': Buffer.from(value).toString('base64url') };
}

const lineSchema = z.object({ error: z.string() });

/** The status is 200 as soon as the pull begins, so that what goes wrong comes as a line. */
function pullError({ status, body }: EngineAnswer): string | null {
  if (status !== 200) return saidBy({ status, body });
  const lines = body.toString('utf8').split('\n');
  const errors = lines.flatMap((line) => {
    const parsed = lineSchema.safeParse(parsedLine(line));
    return parsed.success ? [parsed.data.error] : [];
  });
  return errors.at(-1) ?? null;
}

function parsedLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** What another try does not mend: there is no such image, it is another one, or we may not have it. */
const permanent = /unknown|not found|no such|denied|unauthorized|authentication|digest|invalid reference/i;

function pullFailed({ server }: Site, artifact: Artifact, said: string): GrayError {
  const what = `${artifact.source ?? artifact.digest} could not be pulled: ${withoutReferences(said)}`;
  return permanent.test(withoutReferences(said))
    ? artifactMissing(artifact, what)
    : deployFailed(server.id, artifact, what);
}

/** The words of the engine without the names in them, which prove nothing. */
const withoutReferences = (said: string): string => said.replaceAll(/\S*@?sha256:[0-9a-f]{64}/g, 'it').slice(0, 500);
