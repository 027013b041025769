/** `gray who`: which version a user gets, now and in each step of a release, and why. */
import { createRouter } from '../../adapters/router/index.ts';
import { exitStatus, GrayError, InvalidInput } from '../../domain/errors.ts';
import type { IdentitySpec, ReleaseSpec } from '../../domain/spec.ts';
import { type Asker, whoGets } from '../../domain/who.ts';
import { listed, nearest } from '../../spec/near.ts';
import { artifactOptions, releaseFileOf } from '../release-file.ts';
import { renderWho, type Who } from '../render-who.ts';
import { print } from '../session.ts';
import { argument, type Options, textOf, type Verb } from '../verb.ts';
import { whoNow } from '../who-now.ts';

export const who: Verb = {
  usage: 'who <file>',
  does: 'tells which version a user gets, now and in each step of this release, and why; touches nothing',
  more: `Without --user a request without identity. Lists come first, then segments (--header), then the share.
Exits 7 when the router cannot tell what is in force; the steps are told all the same.`,
  group: 'Prepare:',
  example: 'gray who payments.yml --user 4711 --header x-branch=north',
  options: [
    ['--user <id>', 'the identity as the router reads it'],
    ['--header <name=value...>', 'a header of a segment (may be repeated)'],
    ...artifactOptions,
  ],
  run: async (call) => {
    const spec = await releaseFileOf(call, argument(call, 0));
    const router = createRouter(spec.router, spec);
    const { hash } = router.abilities;
    const asker: Asker = { ...askerOf(call.options, spec), ...(hash !== undefined && { hash }) };
    const now = await whoNow(spec, router, asker).catch(unknown);
    const salt = ('salt' in now ? now.salt : null) ?? spec.audience.salt ?? null;
    const facts: Who = {
      ...{ target: spec.target, version: spec.artifact.version, asker, now },
      steps: whoGets(spec, asker, salt),
    };
    print(call, facts, () => renderWho(facts));
    return 'unknown' in now ? exitStatus.unreachable : exitStatus.ok;
  },
};

function unknown(error: unknown): { unknown: string } {
  if (error instanceof GrayError) return { unknown: error.message };
  throw error;
}

/** Refuses every header that no router of the release reads. */
function askerOf(options: Options, spec: ReleaseSpec): Asker {
  const given = headersIn(options).map(headerOf);
  const known = [...new Set(identitiesOf(spec).flatMap(({ segments = [] }) => segments))];
  const problems = given.flatMap(({ name, value, text }) => {
    if (value === null)
      return [{ path: '--header', message: `expected name=value, such as x-branch=north, found ${text}` }];
    if (known.includes(name)) return [];
    const suggestion = nearest(name, known);
    const message = `${name} is no header of router.identity.segments; known are ${listed(known) || 'none'}`;
    return [{ path: '--header', message, ...(suggestion !== undefined && { suggestion }) }];
  });
  if (problems.length > 0) throw new InvalidInput('options', problems);
  const attributes = Object.fromEntries(given.map(({ name, value }) => [name, value ?? '']));
  return { user: textOf(options, 'user') ?? null, attributes };
}

const identitiesOf = ({ router }: ReleaseSpec): IdentitySpec[] =>
  router.kind === 'several' ? router.routers.map((one) => one.router.identity) : [router.identity];

const headersIn = ({ header }: Options): readonly string[] =>
  Array.isArray(header) ? header.filter((one: unknown) => typeof one === 'string') : [];

function headerOf(text: string): { name: string; value: string | null; text: string } {
  const at = text.indexOf('=');
  return at < 1
    ? { name: '', value: null, text }
    : { name: text.slice(0, at).toLowerCase(), value: text.slice(at + 1), text };
}
