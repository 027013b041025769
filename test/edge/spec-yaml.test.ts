import { describe, expect, it } from 'vitest';
import { goodFile, problemsOf, refuses, spoiled, withLines } from './spec-base.ts';

it('takes the good file that every case below spoils', () => {
  expect(problemsOf(goodFile)).toEqual([]);
});

describe('YAML that surprises is refused', () => {
  refuses([
    ['an empty file', '', '', 'found nothing'],
    ['a file that is no group of keys', '- a\n- b\n', '', 'expected keys'],
    ['the same key twice', withLines('target: other'), '', 'the same key twice in one group'],
    ['a tab as indent', 'target:\n\tshop', '', 'line 2, column 1: a tab'],
    ['a second document', withLines('---', 'target: other'), '', 'a second document'],
    ['a bracket that never ends', spoiled('gray: true }', 'gray: true'), '', 'not valid YAML at line'],
    ['a tag', spoiled('target: shop', 'target: !env shop'), '', 'Unresolved tag'],
    ['an alias without an anchor', spoiled('target: shop', 'target: *name'), '', 'Unresolved alias'],
    ['a bomb of aliases', bomb(), '', 'Excessive alias count'],
    ['nesting that would end the process', '['.repeat(200_000), '', 'levels of nesting'],
    ['a file of several megabytes', `# ${'x'.repeat(3_000_000)}`, '', 'characters'],
    ['a key that reaches for the prototype', withLines('__proto__: { target: other }'), '__proto__', 'not allowed'],
    [
      'a metric named like a word of the language',
      spoiled('define: { errors', 'define: { constructor'),
      'metrics.define.constructor',
      'not a word of the language',
    ],
  ]);
});

describe('unknown and missing keys', () => {
  refuses([
    ['a section with a slip', withLines('audiense: {}'), 'audiense', 'unknown key', 'audience'],
    [
      'a key with a slip',
      spoiled('hold: 2m', 'hodl: 2m'),
      'ramp.stages[1].hodl',
      'unknown key; known are share, segments, hold, undecided, approval',
      'hold',
    ],
    [
      'the key that the slip left missing',
      spoiled('hold: 2m', 'hodl: 2m'),
      'ramp.stages[1].hold',
      'missing; expected a duration',
    ],
    ['no servers', spoiled('servers:', 'serves:'), 'servers', 'missing; expected a list of 2 to 10000 servers'],
    ['a section without content', withLines('watch:'), 'watch', 'expected a group of keys, found nothing'],
    [
      'an unknown router kind',
      spoiled('kind: embedded', 'kind: embeded'),
      'router.kind',
      'unknown kind "embeded"; known are caddy, embedded',
      'embedded',
    ],
    [
      'an unknown deployer kind',
      spoiled('kind: process', 'kind: pigeon'),
      'deployer.kind',
      'known are process, command',
    ],
    [
      'a metrics section without kind',
      spoiled('kind: exposition, ', ''),
      'metrics.kind',
      'missing; known kinds are exposition, prometheus',
    ],
    [
      'a memory router outside tests',
      spoiled(
        'kind: embedded, identity: { header: x-user-id }, admin: ./r.sock, entrance: "http://127.0.0.1:8000", probe: "http://127.0.0.1:8001"',
        'kind: memory, identity: { header: x }',
      ),
      'router.kind',
      'for tests only',
    ],
    [
      'a webhook with its URL in the file',
      withLines('notify: [{ kind: webhook, url: "https://hooks.example.org/x" }]'),
      'notify[0].url',
      'unknown key',
      'urlEnv',
    ],
  ]);
});

describe('all problems come at once', () => {
  it('names every slip of a file, in the order of its lines, each with its line', () => {
    const text = spoiled('hold: 1m', 'hold: 60')
      .replace(':9002', ':9001')
      .replace('1%', '1')
      .replace('kind: process', 'kind: proces');
    expect(problemsOf(text).map(({ path, message }) => [path, /\(line (\d+)\)/.exec(message)?.[1]])).toEqual([
      ['servers[1].address', '4'],
      ['deployer.kind', '8'],
      ['ramp.stages[0].hold', '10'],
      ['judge.metrics.errors.maxRate', '11'],
    ]);
  });

  it('stops at a hundred problems', () => {
    const keys = Array.from({ length: 300 }, (_, index) => `key${index}: 1`);
    const problems = problemsOf(withLines(...keys));
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)?.message).toBe('and 200 more problems');
  });
});

function bomb(): string {
  const names = 'abcdefghi'.split('');
  const lines = names.map(
    (name, index) => `${name}: &${name} [${Array(9).fill(index === 0 ? 'x' : `*${names[index - 1]}`)}]`,
  );
  return lines.join('\n');
}
