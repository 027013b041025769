import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inLines, maxLineBytes } from '../../../src/adapters/router/haproxy/cli.ts';
import { haproxyConfig } from '../../../src/adapters/router/haproxy/config.ts';
import { encodeUser, entriesOf, mapText, parseMap, routeIn } from '../../../src/adapters/router/haproxy/map.ts';
import { payloads } from '../../../src/adapters/router/haproxy/publish.ts';
import { parseStates, withState } from '../../../src/adapters/router/haproxy/state-file.ts';
import { haproxyRouter } from '../../../src/adapters/router/haproxy.ts';
import { canonical, type DesiredRoute } from '../../../src/domain/route.ts';
import { documentedOrder } from './haproxy-documented.ts';

const users = fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 5 });
const anyRoute: fc.Arbitrary<Omit<DesiredRoute, 'servers'>> = fc.record({
  fence: fc.nat(),
  release: fc.string(),
  period: fc.constantFrom('normal', 'gray', 'exception'),
  stable: fc.constantFrom('a', 'b'),
  split: fc.record({
    shareBp: fc.nat(10_000),
    salt: fc.string({ unit: 'grapheme' }),
    alwaysGray: users,
    alwaysStable: users,
    rest: fc.constantFrom('stable', 'gray'),
  }),
});

describe('a route as a map', () => {
  test('is the same route when it is read back, whatever its texts hold', () => {
    fc.assert(
      fc.property(anyRoute, (route) => {
        const read = routeIn(parseMap(mapText(entriesOf(route))));
        expect(read && canonical({ ...read, servers: {} })).toBe(canonical({ ...route, servers: {} }));
      }),
    );
  });

  test('names users as HAProxy encodes them', () => {
    expect(encodeUser("ü+%/?!~*()-_.@,;:x'")).toBe('%C3%BC%2B%25%2F%3F%21~%2A%28%29-_.%40%2C%3B%3Ax%27');
  });

  test.each([
    '',
    'cfg',
    '1|2|salt|stable|a',
    '1|2|salt|stable|c|normal|r',
    '-1|2|s|stable|a|normal|r',
    '1|2|s|stable|a|normal|r|more',
  ])('is none where the entry is %j', (value) => expect(routeIn([{ key: 'cfg', value }])).toBeNull());
});

describe('lines to HAProxy', () => {
  test('carry many entries in pieces below the limit, in order, none lost', () => {
    const entries = Array.from({ length: 5_000 }, (_, n) => ({ key: `u:user-${n}`, value: 'gray' }));
    const pieces = payloads(entries, '/some/map');
    for (const piece of pieces)
      expect(`add map @4294967295 /some/map <<\n${piece}\n`.length).toBeLessThan(maxLineBytes);
    expect(pieces.join('')).toBe(mapText(entries));
  });

  test('refuse an entry that fits no piece', () => {
    expect(() => payloads([{ key: `u:${'x'.repeat(9_000)}`, value: 'gray' }], '/m')).toThrow('too long');
  });

  test('carry many commands below the limit, in order, none lost', () => {
    const commands = Array.from({ length: 1_000 }, (_, n) => `set server pool/server-${n} state ready`);
    const lines = inLines(commands);
    for (const line of lines) expect(line.join(';').length).toBeLessThan(maxLineBytes);
    expect(lines.flat()).toEqual(commands);
  });
});

test('names that would make another command of a line are refused at once', () => {
  const { instance, servers, identity } = documentedOrder;
  const spec = { kind: 'haproxy', identity, entrance: 'http://shop', instances: [instance] } as const;
  const named = (id: string) => ({ target: 'payments', servers: servers.map((server) => ({ ...server, id })) });
  expect(() => haproxyRouter(spec, named('pay-1'))).not.toThrow();
  for (const odd of ['pay 1', 'pay;shutdown', 'pay\\', ''])
    expect(() => haproxyRouter(spec, named(odd))).toThrow('names');
});

describe('a row of the state file', () => {
  const row = (admin: number, op: number, check = 6) =>
    parseStates(`3 pa 1 s1 127.0.0.1 ${op} ${admin} 1 1 1 6 3 4 ${check} 0 0 0 - 8101 - 0 0 - - 0`).map(
      (parsed) => parsed,
    );

  test.each([
    ['ready, when its server enters', 5, { ready: true, alive: true }, '2', '4', '1'],
    ['down until checked, when a dead server enters', 1, { ready: true, alive: false }, '0', '0', '0'],
    ['in maintenance, when its server leaves', 0, { ready: false, alive: true }, '0', '1', '4'],
    ['in maintenance, and keeps that the configuration disables it', 4, { ready: false, alive: true }, '0', '5', '4'],
  ] as const)('is %s', (_, admin, wanted, op, adminAfter, health) => {
    const [before] = row(admin, 2, 14);
    if (before === undefined) throw new Error('the row was not read');
    const { fields } = withState(before, wanted);
    expect([fields[5], fields[6], fields[12]]).toEqual([op, adminAfter, health]);
  });

  test('stays as it is, health included, when nothing about it changes', () => {
    const [before] = row(0, 0);
    if (before === undefined) throw new Error('the row was not read');
    expect(withState(before, { ready: true, alive: true })).toBe(before);
  });
});

test('the documentation shows the configuration that haproxyConfig renders', async () => {
  const page = await readFile(new URL('../../../docs/adapters/haproxy.md', import.meta.url), 'utf8');
  expect(/```haproxy\n(.*?)```/s.exec(page)?.[1]).toBe(haproxyConfig(documentedOrder));
});
