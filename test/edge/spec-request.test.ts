import { describe, expect, it } from 'vitest';
import { parseReleaseFile, parseReleaseRequest } from '../../src/spec.ts';
import { goodFile, refusal } from './spec-base.ts';

const request = {
  spec: parseReleaseFile(goodFile, { path: '/srv/shop/release.yml' }),
  mode: 'release',
  by: 'alice',
  reason: 'as planned',
  requestId: 'r-1',
} as const;

/** A deep copy of the good request with one value set; undefined takes the key away. */
function requestWith(path: string, value: unknown): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(request));
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  const parent = steps.reduce<unknown>((group, step) => Object(group)[step], copy);
  Object.assign(Object(parent), { [last]: value });
  return copy;
}

const deep = (levels: number): unknown => (levels === 0 ? 'x' : { inner: deep(levels - 1) });

describe('a resolved request is checked before a workflow starts', () => {
  it('takes what a release file resolved to, unchanged', () => {
    expect(parseReleaseRequest(JSON.parse(JSON.stringify(request)))).toEqual(request);
  });

  it.each([
    ['nothing', undefined, '', 'expected a group of keys'],
    ['a list', [], '', 'expected a group of keys'],
    ['an unknown key', requestWith('spek', {}), 'spek', 'unknown key'],
    ['an unknown mode', requestWith('mode', 'rollbak'), 'mode', 'one of release, rollback'],
    ['nobody who asks', requestWith('by', ''), 'by', 'who asks'],
    ['no request id', requestWith('requestId', undefined), 'requestId', 'missing'],
    ['a request id with white space', requestWith('requestId', 'a b'), 'requestId', 'without white space'],
    [
      'a spec that is still a file',
      requestWith('spec.ramp.stages.0', { share: '5%' }),
      'spec.ramp.stages[0].shareBp',
      'missing',
    ],
    [
      'a share of more than all',
      requestWith('spec.ramp.stages.1.shareBp', 10_001),
      'spec.ramp.stages[1].shareBp',
      'to 10000',
    ],
    [
      'half a basis point',
      requestWith('spec.ramp.stages.1.shareBp', 0.5),
      'spec.ramp.stages[1].shareBp',
      'whole number',
    ],
    [
      'stages that fall',
      requestWith('spec.ramp.stages.1.shareBp', 100),
      'spec.ramp.stages[1].share',
      'expected more than the 5%',
    ],
    [
      'a hold of nothing',
      requestWith('spec.ramp.stages.0.holdMs', 0),
      'spec.ramp.stages[0].holdMs',
      'whole number from 1',
    ],
    ['two servers with one id', requestWith('spec.servers.1.id', 's1'), 'spec.servers[1].id', 'the same id'],
    ['no gray server', requestWith('spec.servers.0.gray', false), 'spec.servers', 'gray: true'],
    [
      'a metric without definition',
      requestWith('spec.metrics.define', {}),
      'spec.judge.metrics.errors',
      'no such metric',
    ],
    [
      'an unknown router',
      requestWith('spec.router.kind', 'pigeon'),
      'spec.router.kind',
      'known are caddy, envoy, embedded',
    ],
    ['a digest of nothing', requestWith('spec.artifact.digest', ''), 'spec.artifact.digest', '"sha256:"'],
    [
      'a secret in a URL',
      requestWith('spec.artifact.source', 'https://a:b@x.example.org/'),
      'spec.artifact.source',
      'password',
    ],
    ['nesting without end', requestWith('spec.servers.0.deploy', deep(5000)), '', 'levels of nesting'],
  ])('refuses %s', (_title, value, path, says) => {
    const problems = refusal(() => parseReleaseRequest(value));
    expect(problems.map((one) => [one.path, one.message])).toContainEqual([path, expect.stringContaining(says)]);
  });
});

describe('the command line over the file', () => {
  const digest = `sha256:${'1b'.repeat(32)}`;

  it('names another build, whose path is seen from the current folder', () => {
    const overrides = { version: '3.0.0', artifactSource: 'new.tgz', artifactDigest: digest };
    const { artifact } = parseReleaseFile(goodFile, { path: '/srv/shop/release.yml', overrides });
    expect(artifact).toEqual({ version: '3.0.0', source: `${process.cwd()}/new.tgz`, digest });
  });

  it("never pins another build with the file's digest", () => {
    const problems = refusal(() => parseReleaseFile(goodFile, { overrides: { version: '3.0.0' } }));
    expect(problems).toMatchObject([{ path: 'artifact.digest', message: expect.stringContaining('missing') }]);
  });

  it('stands in for an artifact that the file leaves out', () => {
    const text = goodFile.replace(/artifact: .*\n/, '');
    const overrides = { version: '3.0.0', artifactSource: 'https://builds.example.org/3.tgz', artifactDigest: digest };
    expect(parseReleaseFile(text, { overrides }).artifact.source).toBe('https://builds.example.org/3.tgz');
    expect(refusal(() => parseReleaseFile(text))).toMatchObject([{ path: 'artifact' }]);
  });
});

describe('what a file resolves to', () => {
  it("finds relative paths from the file's folder", () => {
    const { artifact, router, deployer } = request.spec;
    expect(artifact.source).toBe('/srv/shop/shop.tgz');
    expect(router).toMatchObject({ admin: '/srv/shop/r.sock' });
    expect(deployer).toMatchObject({ dir: '/srv/shop/servers', start: ['node', 'server.mjs', '--port', '{port}'] });
  });

  it('counts a percent of the other servers out, never less than one', () => {
    const batch = (text: string) => parseReleaseFile(`${goodFile}leveling: { batch: ${text} }\n`).leveling.batch;
    expect([batch('1%'), batch('50%'), batch('100%'), batch('2')]).toEqual([1, 1, 2, 2]);
  });

  it('makes the entrance to a point of no return a gate', () => {
    const text = `${goodFile}data: { compatible: forwardOnly, pointOfNoReturn: leveling }\n`;
    expect(parseReleaseFile(text).leveling.approval).toEqual({ deadlineMs: 4 * 3_600_000, otherwise: 'hold' });
  });

  it.each(['sequential', 'threshold', 'limits', 'kayenta'] as const)(
    'resolves the judge %s, and a request takes it',
    (kind) => {
      const rule = kind === 'limits' ? '{ failAbove: 1% }' : '{ maxRate: 1% }';
      const spec = parseReleaseFile(
        goodFile.replace(
          'judge: { metrics: { errors: { maxRate: 1% } } }',
          `judge: { kind: ${kind}, metrics: { errors: ${rule} } }`,
        ),
      );
      expect(spec.judge.kind).toBe(kind);
      const request = { spec, mode: 'release', by: 'ana', reason: '', requestId: 'one' };
      expect(parseReleaseRequest(JSON.parse(JSON.stringify(request))).spec.judge).toEqual(spec.judge);
    },
  );

  it('keeps units exact: basis points and fractions without rounding noise', () => {
    const text = goodFile.replace('5%', '0.07%').replace('maxRate: 1%', 'maxRate: 0.007%');
    const spec = parseReleaseFile(text);
    expect(spec.ramp.stages[0]?.shareBp).toBe(7);
    expect(spec.judge.metrics.errors).toMatchObject({ maxRate: 0.00007 });
  });

  it('lets tests use the memory adapters when the environment says so', () => {
    const text = goodFile.replace(/metrics: \{ kind.*/, 'metrics: { kind: memory }');
    expect(parseReleaseFile(text, { env: { GRAY_ALLOW_MEMORY: '1' } }).metrics).toEqual({
      kind: 'memory',
      intervalMs: 1000,
    });
    expect(refusal(() => parseReleaseFile(text, { env: {} }))).toHaveLength(1);
  });
});
