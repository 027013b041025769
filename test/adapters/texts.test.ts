import { describe, expect, it } from 'vitest';
import { joinPath, placeOf } from '../../src/adapters/base-url.ts';
import { textMatcher } from '../../src/adapters/pattern.ts';

describe('a URL of a release file as a place to ask', () => {
  it.each([
    ['http://a.internal', { server: { address: { host: 'a.internal', port: 80 } }, path: '/' }],
    [
      'http://127.0.0.1:9090/prometheus?x=1',
      { server: { address: { host: '127.0.0.1', port: 9090 } }, path: '/prometheus?x=1' },
    ],
    ['http://[::1]:81/', { server: { address: { host: '::1', port: 81 } }, path: '/' }],
    [
      'https://a.internal/m',
      { server: { address: { host: 'a.internal', port: 443 }, tls: { caFile: 'ca.pem' } }, path: '/m' },
    ],
  ])('%s', (url, place) => {
    expect(placeOf(url, { caFile: 'ca.pem' })).toEqual(place);
  });

  it.each(['', 'a.internal:80', 'memory:', 'file:///etc/passwd', 'http://'])('%j is none', (url) => {
    expect(placeOf(url)).toBeNull();
  });

  it.each([
    ['/', '/x', '/x'],
    ['/base/', '/x?y', '/base/x?y'],
    ['/base', '/x', '/base/x'],
  ])('%s and %s give %s', (base, path, joined) => {
    expect(joinPath(base, path)).toBe(joined);
  });
});

describe('an expected text', () => {
  it.each([
    ['500', '500', true],
    ['500', '5000', false],
    ['/5../', '503', true],
    ['/^5..$/', '1503', false],
    ['/^PAY-/i', 'pay-1', true],
    ['5..', '503', false],
    ['//', '//', true],
    ['/a', '/a', true],
  ])('%s against %s: %s', (expected, text, matches) => {
    expect(textMatcher(expected)(text)).toBe(matches);
  });

  it('that is a broken pattern throws', () => {
    expect(() => textMatcher('/(/')).toThrow(SyntaxError);
  });
});
