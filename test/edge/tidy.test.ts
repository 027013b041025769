/** The house rules that a machine can hold. Function length and `any` are the linter's (biome.json). */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { verbs } from '../../src/cli/commands/index.ts';
import { filesIn, read, root, type SourceFile } from '../support/source.ts';

interface Rule {
  readonly name: string;
  readonly over: readonly SourceFile[];
  readonly breach: RegExp;
  /** A line that breaks the rule, to show that the rule can be broken. */
  readonly example: string;
}

const code = ['.ts', '.mjs'];
const product = filesIn(['src', 'workflows', 'activities'], code);
const tests = filesIn(['test'], code);
const ours = [...product, ...tests, ...filesIn(['demo', 'bench', 'scripts'], code)];
const pure = product.filter(({ path }) => path.startsWith('src/domain/'));
const workflows = product.filter(({ path }) => path.startsWith('workflows/'));
const docs = trackedFiles().filter(({ path }) => path.endsWith('.md'));

/** Written in pieces, so that this file keeps its own rules. */
const word = (...parts: readonly string[]): string => parts.join('');
const registries = [
  ['npm', 'js.org'],
  ['npm', 'js.com'],
  ['py', 'pi.org'],
  ['python', 'hosted.org'],
  ['crates', '.io'],
  ['proxy.go', 'lang.org'],
  ['deb.deb', 'ian.org'],
].map((parts) => word(...parts));
const literally = (text: string): string => text.replaceAll('.', String.raw`\.`);

const rules: readonly Rule[] = [
  {
    name: 'nothing is left for later',
    over: ours,
    breach: new RegExp(String.raw`\b(${word('TO', 'DO')}|${word('FIX', 'ME')})\b`),
    example: word('// TO', 'DO: tidy'),
  },
  {
    name: 'no compiler or linter warning is silenced',
    over: ours,
    breach: new RegExp(word('@ts-', '(ignore|expect-error|nocheck)|biome-', 'ignore')),
    example: word('// @ts-', 'ignore'),
  },
  {
    name: 'no test is left out or alone',
    over: tests,
    breach: new RegExp(
      String.raw`\b(it|test|describe)\.(${word('on', 'ly')}|${word('sk', 'ip')}|${word('to', 'do')})\b`,
    ),
    example: word('it.on', "ly('works', …)"),
  },
  {
    name: 'no host of a package registry in any file',
    over: trackedFiles(),
    breach: new RegExp(registries.map(literally).join('|')),
    example: `https://${registries[0]}/x`,
  },
  {
    name: 'no path of the machine it was written on',
    over: trackedFiles().filter(({ path }) => !/^(Dockerfile|docker-compose\.yml|deploy\/)/.test(path)),
    breach: new RegExp(String.raw`(?<![\w.$}*])/(${word('wo', 'rk')}|${word('ro', 'ot')})/`),
    example: word('/wo', 'rk/shared'),
  },
  {
    name: 'the domain asks neither chance nor the clock',
    over: pure,
    breach: /Math\.random|Date\.now|new Date\(\)|performance\.|crypto\.|(?<!-)\bprocess\.\w|setTimeout/,
    example: 'const now = Date.now();',
  },
  {
    name: 'workflows ask no chance and wait only by durable timers',
    over: workflows,
    breach: /Math\.random|\bsetTimeout|performance\.|\bprocess\.\w|\bfetch\(/,
    example: 'const half = Math.random() < 0.5;',
  },
];

describe('house rules', () => {
  it.each(rules)('$name', ({ over, breach }) => {
    const found = over.flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => (breach.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
    expect(found.map((line) => line.slice(0, 200))).toEqual([]);
  });

  it.each(rules)('would see a breach of "$name"', ({ over, breach, example }) => {
    expect(over.length).toBeGreaterThan(3);
    expect(breach.test(example)).toBe(true);
  });

  it.each([
    ['the product and its scripts', ours.filter((file) => !tests.includes(file)), 250],
    ['tests', tests, 500],
  ] as const)('files stay short: %s', (_, files, ceiling) => {
    const long = files.filter(({ text }) => linesOfCode(text) > ceiling).map(({ path }) => path);
    expect(long).toEqual([]);
  });
});

describe('the docs', () => {
  const scripts: Readonly<Record<string, string>> = JSON.parse(read('package.json').text).scripts;
  const mentions = (pattern: RegExp) =>
    docs.flatMap(({ path, text }) => [...text.matchAll(pattern)].map((match) => [path, match[1] ?? ''] as const));

  it('name only npm scripts that exist', () => {
    const unknown = mentions(/\bnpm run (?:-s )?([\w:-]+)/g).filter(([, name]) => scripts[name] === undefined);
    expect(unknown).toEqual([]);
  });

  it('name only verbs of `gray` that exist', () => {
    const known = new Set(['help', ...verbs.map(({ usage }) => usage.split(' ')[0])]);
    const unknown = mentions(/(?:`|^\$ |^)gray ([a-z][a-z-]*)/gm).filter(([, verb]) => !known.has(verb));
    expect(unknown).toEqual([]);
  });

  it('link only to files that exist', () => {
    const broken = mentions(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)
      .filter(([, to]) => !/^[a-z]+:/.test(to))
      .filter(([path, to]) => !existsSync(join(root, dirname(path), to)));
    expect(broken).toEqual([]);
  });
});

describe('package.json', () => {
  const scripts: Readonly<Record<string, string>> = JSON.parse(read('package.json').text).scripts;

  it('has only scripts whose files exist', () => {
    const files = Object.values(scripts).flatMap((line) => line.match(/\b(?:src|scripts|bench)\/\S+/g) ?? []);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

function linesOfCode(text: string): number {
  return text.split('\n').filter((line) => !/^\s*(\/\/.*|\/?\*.*)?$/.test(line)).length;
}

/** What is committed or about to be; binary files read as text match nothing. */
function trackedFiles(): readonly SourceFile[] {
  const { stdout } = execaSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
  return stdout
    .split('\n')
    .filter((path) => existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
