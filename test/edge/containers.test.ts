/**
 * No container engine runs where these tests run. They check the Compose file against the specification's own schema and
 * the Dockerfile with a linter, and hold the promises of docs/containers.md over both; `compose/` itself runs in pack.test.ts.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readReleaseFile } from '../../src/spec.ts';
import { read, root } from '../support/source.ts';

const composeFile: unknown = parse(read('docker-compose.yml').text, { merge: true });
const schema = new Ajv2020({ strict: false, validateFormats: false }).compile(
  JSON.parse(read('test/edge/compose-spec.json').text),
);

const serviceShape = z.looseObject({
  image: z.string(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  restart: z.string(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  ports: z.array(z.string()).default([]),
  networks: z.unknown().optional(),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});
const compose = z
  .object({
    services: z.record(z.string(), serviceShape),
    volumes: z.record(z.string(), z.unknown()),
    networks: z.record(z.string(), z.unknown()),
  })
  .parse(composeFile);
const services = Object.entries(compose.services);
const isOnce = ({ restart }: { readonly restart: string }): boolean => restart === 'no';

describe('docker-compose.yml', () => {
  it('follows the Compose specification', () => {
    expect(schema(composeFile), JSON.stringify(schema.errors)).toBe(true);
    expect(schema({ services: { worker: { imagee: 'gray' } } })).toBe(false);
  });

  it.each(services)('%s is pinned, drops every capability and gains no privileges', (_, service) => {
    expect(service.image).toMatch(/^[\w./-]+:v?\d+\.\d+(\.\d+)?(-[\w.]+)?$/);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it.each(services.filter(([, service]) => !isOnce(service)))('%s has a health check', (_, service) => {
    expect(service.healthcheck?.test.length).toBeGreaterThan(1);
  });

  it('waits for one-shot services to succeed and for the others to be healthy, and names only what exists', () => {
    const waits = services.flatMap(([name, { depends_on }]) =>
      Object.entries(depends_on).map(([on, { condition }]) => {
        const awaited = compose.services[on];
        const right = awaited && (isOnce(awaited) ? 'service_completed_successfully' : 'service_healthy');
        return condition === right ? null : `${name} waits for ${on}: ${condition}`;
      }),
    );
    expect(waits.filter((problem) => problem !== null)).toEqual([]);
    const named = services.flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const unknown = named.filter((name) => !name.startsWith('.') && !(name in compose.volumes));
    expect(unknown).toEqual([]);
  });

  it('holds the servers that its release file and Prometheus name, at the same addresses', async () => {
    const { servers } = await readReleaseFile(`${root}/compose/shop.yml`);
    const prometheus = read('compose/prometheus.yml').text;
    for (const { id, address, metrics } of servers) {
      expect(compose.services[id]?.networks).toEqual({ site: { ipv4_address: address.host } });
      expect(prometheus).toContain(
        `{ targets: ["${address.host}:${address.port}"], labels: { instance: ${metrics} } }`,
      );
    }
    expect(services.filter(([name]) => name.startsWith('shop-'))).toHaveLength(servers.length);
  });
});

describe('Dockerfile', () => {
  const { text } = read('Dockerfile');
  const argumentsOf = (keyword: string) =>
    [...text.matchAll(new RegExp(`^${keyword} (.*)$`, 'gm'))].map(([, rest = '']) => rest);

  it('has nothing a linter complains about', () => {
    expect(validate(text)).toEqual([]);
    expect(validate('FROM node\nRUNN npm ci\n')).not.toEqual([]);
  });

  it('starts every stage from a pinned image or an earlier stage, and ends every runnable one as a plain user', () => {
    const bases = argumentsOf('FROM').map((line) => line.split(' ')[0] ?? '');
    expect(bases.filter((base) => !/:\d+\.\d+\.\d+-/.test(base))).toEqual(['gray']);
    const [, gray, sandbox] = text.split(/^FROM /m).slice(1);
    for (const stage of [gray, sandbox]) expect(stage?.match(/^USER (.*)$/gm)?.at(-1)).toBe('USER node');
  });

  it('copies only what the build context lets in', () => {
    const allowed = read('.dockerignore')
      .text.split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const copied = argumentsOf('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(' ').slice(0, -1));
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((path) => !allowed.includes(path))).toEqual([]);
  });
});
