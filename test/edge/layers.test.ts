/** Who imports whom (design: architecture). Every layer names all it may import; the rest is refused. */
import { describe, expect, it } from 'vitest';
import { filesIn, type Import, importsOf, type SourceFile } from '../support/source.ts';

interface Layer {
  readonly name: string;
  readonly holds: (path: string) => boolean;
  readonly mayImport: (to: Import, from: string) => boolean;
}

const below =
  (...folders: readonly string[]) =>
  (path: string): boolean =>
    folders.some((folder) => path.startsWith(folder));

const isOurs = below('src/', 'workflows/', 'activities/', 'test/', 'bench/', 'demo/', 'scripts/');
const isPort = (path: string): boolean => /^src\/adapters\/\w+\/port\.ts$/.test(path);
const isTemporal = below('@temporalio/');

const layers: readonly Layer[] = [
  {
    name: 'the domain imports only itself',
    holds: below('src/domain/'),
    mayImport: ({ to }) => below('src/domain/')(to),
  },
  {
    name: 'adapters import the domain and other adapters, and know nothing of Temporal',
    holds: below('src/adapters/'),
    mayImport: ({ to }) => below('src/domain/', 'src/adapters/')(to) || !(isOurs(to) || isTemporal(to)),
  },
  {
    name: 'activities import the domain and ports, and of Temporal what activities may',
    holds: below('activities/'),
    mayImport: ({ to }) =>
      below('src/domain/', 'activities/', '@temporalio/activity', '@temporalio/common')(to) ||
      isPort(to) ||
      !(isOurs(to) || isTemporal(to)),
  },
  {
    name: 'workflows import the domain, the types of activities, and nothing that the sandbox lacks',
    holds: below('workflows/'),
    mayImport: ({ to, typeOnly }) =>
      below('src/domain/', 'workflows/')(to) ||
      (typeOnly && below('activities/')(to)) ||
      to === '@temporalio/workflow' ||
      to === '@temporalio/common',
  },
  {
    name: 'only the command line imports the command line',
    holds: (path) => below('src/')(path) && !below('src/cli/', 'src/index.ts')(path),
    mayImport: ({ to }) => !below('src/cli/')(to),
  },
  {
    name: 'the product imports neither tests, benchmarks, demo nor scripts',
    holds: below('src/', 'workflows/', 'activities/'),
    mayImport: ({ to }) => !below('test/', 'bench/', 'demo/', 'scripts/')(to),
  },
];

const violations = (layer: Layer, files: readonly SourceFile[]): readonly string[] =>
  files
    .filter(({ path }) => layer.holds(path))
    .flatMap((file) =>
      importsOf(file)
        .filter((one) => !layer.mayImport(one, file.path))
        .map(({ to, typeOnly }) => `${file.path} imports ${typeOnly ? 'type ' : ''}${to}`),
    );

const product = filesIn(['src', 'workflows', 'activities'], ['.ts', '.mjs']);

describe('who imports whom', () => {
  it.each(layers)('$name', (layer) => {
    expect(product.filter(({ path }) => layer.holds(path)).length, 'files in this layer').toBeGreaterThan(5);
    expect(violations(layer, product)).toEqual([]);
  });

  it.each([
    ['the domain', 'src/domain/x.ts', "import { z } from 'zod';"],
    ['the domain', 'src/domain/x.ts', "export * from '../spec.ts';"],
    ['adapters', 'src/adapters/router/x.ts', "import type { Client } from '@temporalio/client';"],
    ['activities', 'activities/x.ts', "import { haproxyRouter } from '../src/adapters/router/haproxy.ts';"],
    ['workflows', 'workflows/x.ts', "import {\n  route,\n} from '../activities/route.ts';"],
    ['workflows', 'workflows/x.ts', "import { type Route } from '../activities/route.ts';"],
    ['workflows', 'workflows/x.ts', "import 'node:fs';"],
    ['workflows', 'workflows/x.ts', "const fs = await import('node:fs');"],
    ['only the command line', 'src/client.ts', "import { io } from './cli/io.ts';"],
    ['the product', 'src/worker.ts', "import { backends } from '../test/support/backends.ts';"],
  ])('would see a breach of "%s" in %s: %s', (start, path, text) => {
    const layer = layers.find(({ name }) => name.startsWith(start));
    expect(layer && violations(layer, [{ path, text }])).toHaveLength(1);
  });

  it('sees every import of a file of many', () => {
    const release = product.find(({ path }) => path === 'workflows/release.ts');
    const written = release?.text.match(/ from '/g)?.length ?? 0;
    expect(written).toBeGreaterThan(3);
    expect(release && importsOf(release)).toHaveLength(written);
  });
});
