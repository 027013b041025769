import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sections } from '../../src/spec/file.ts';
import {
  isTemplateName,
  parseReleaseFile,
  parseReleaseRequest,
  readReleaseFile,
  releaseJsonSchema,
  releaseTemplate,
  type TemplateName,
  templates,
} from '../../src/spec.ts';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.yml'));
const accepts = new Ajv({ allErrors: true, strict: false }).compile(releaseJsonSchema());

describe('the examples are the manual', () => {
  it('offers each of them to gray init', () => {
    expect(files.map((name) => name.replace('.yml', '')).sort()).toEqual(Object.keys(templates).sort());
  });

  it.each(files)('%s is a valid release file, and a request made of it is valid too', async (name) => {
    const spec = await readReleaseFile(`${folder}${name}`);
    const request = { spec, mode: 'release', by: 'alice', reason: 'example', requestId: 'r-1' };
    expect(parseReleaseRequest(JSON.parse(JSON.stringify(request)))).toEqual(request);
  });

  it.each(files)('%s is what the JSON Schema for editors accepts', (name) => {
    accepts(parse(releaseTemplate(templateOf(name))));
    expect(accepts.errors ?? []).toEqual([]);
  });

  it('explains every section in the annotated file', () => {
    expect(Object.keys(parse(releaseTemplate())).sort()).toEqual(Object.keys(sections).sort());
  });

  it('needs few lines where the defaults fit: all sections but eight may be left out', () => {
    const { target, servers, artifact, router, deployer, metrics, ramp, judge } = parse(releaseTemplate('one-machine'));
    const short = { target, servers, artifact, router, deployer, metrics, ramp, judge };
    expect(parseReleaseFile(JSON.stringify(short))).toMatchObject({
      version: { get: '/version', version: '$.version', digest: '$.digest' },
      verify: { deployment: [{ path: '/version' }], gray: [{ path: '/version', as: 'gray-tester' }] },
      audience: { alwaysGray: [], alwaysStable: [], testUsers: ['gray-tester'], restBp: 1000 },
      ramp: { undecided: 'extend', patience: 3, answerWithinMs: 24 * 3_600_000 },
      judge: { staleMs: 15_000 },
      capacity: { maxLoad: 1.3 },
      data: { compatible: null },
      deployment: { strays: 'bring-to-base', parallel: 4, attempts: 3, drainMs: 30_000 },
      leveling: { batch: 1, onServerFailure: 'exception' },
      exception: { policy: 'rollback', holdForMs: 4 * 3_600_000, drainMs: 30_000 },
      watch: { forMs: 30 * 60_000 },
      notify: [{ kind: 'log' }],
    });
  });
});

describe('the JSON Schema', () => {
  it('refuses what an editor should underline', () => {
    const good = parse(releaseTemplate('one-machine'));
    expect(accepts({ ...good, audiense: {} })).toBe(false);
    expect(accepts({ ...good, ramp: { stages: [{ share: 0.05, hold: '1m' }] } })).toBe(false);
    expect(accepts({ ...good, router: { ...good.router, kind: 'haproxi' } })).toBe(false);
  });

  it('describes every section, and never offers the memory adapters', () => {
    const schema = releaseJsonSchema();
    expect(JSON.stringify(schema)).not.toContain('"memory"');
    for (const [name, section] of Object.entries(Object(schema.properties))) {
      expect(Object(section).description, name).toMatch(/\.$/);
    }
  });
});

function templateOf(file: string): TemplateName {
  const name = file.replace('.yml', '');
  if (!isTemplateName(name)) throw new Error(`no template ${file}`);
  return name;
}
