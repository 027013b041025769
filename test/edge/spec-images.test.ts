/** What the release file may say of deployers whose builds are images. */
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { InvalidInput } from '../../src/domain/errors.ts';
import { parseReleaseFile, releaseTemplate } from '../../src/spec.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe.each(['haproxy-container', 'haproxy-kubernetes'] as const)('%s', (name) => {
  const withBuild = (build: object) => ({
    ...parse(releaseTemplate(name)),
    artifact: { version: '1.0.0', digest, ...build },
  });

  it('takes a name by digest as it is, and none where the image is there', () => {
    const source = `registry.example:5000/shop/pay@${digest}`;
    expect(parseReleaseFile(stringify(withBuild({ source }))).artifact.source).toBe(source);
    expect(parseReleaseFile(stringify(withBuild({}))).artifact.source).toBeUndefined();
  });

  it('refuses a tag, and says what to write', () => {
    expect(problemsOf(withBuild({ source: 'registry.example/pay:1.0.0' }))).toContainEqual([
      'artifact.source',
      expect.stringContaining(`write registry.example/pay@${digest}`),
    ]);
  });

  it("refuses a server's settings of another kind", () => {
    const file = withBuild({});
    const [first, ...rest] = file.servers;
    const servers = [{ ...first, deploy: { unit: 'pay@1' } }, ...rest];
    expect(problemsOf({ ...file, servers })).toContainEqual([
      'servers[0].deploy',
      expect.stringContaining('nothing else'),
    ]);
  });
});

describe('deployers whose builds are images', () => {
  it('publish a port, or have the network of the host', () => {
    const file = parse(releaseTemplate('haproxy-container'));
    const { port: _, ...rest } = file.deployer;
    expect(problemsOf({ ...file, deployer: rest })).toContainEqual([
      'deployer.port',
      expect.stringContaining('missing'),
    ]);
    const host = { ...file.deployer, network: 'host' };
    expect(problemsOf({ ...file, deployer: host })).toContainEqual([
      'deployer.port',
      expect.stringContaining('not with'),
    ]);
  });

  it('have an object for each server', () => {
    const file = parse(releaseTemplate('haproxy-kubernetes'));
    const [first, second, ...rest] = file.servers;
    const servers = [first, { ...second, deploy: { name: first.id } }, ...rest];
    expect(problemsOf({ ...file, servers })).toContainEqual([
      'servers[1].deploy',
      expect.stringContaining(`same object ${first.id}`),
    ]);
  });
});

function problemsOf(file: unknown): readonly (readonly [string, string])[] {
  try {
    parseReleaseFile(stringify(file));
    return [];
  } catch (error) {
    if (error instanceof InvalidInput) return error.problems.map(({ path, message }) => [path, message]);
    throw error;
  }
}
