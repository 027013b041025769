import { expect, test } from 'vitest';
import { jsonPath, parseJsonPath } from '../../src/adapters/json-path.ts';

const answer = { build: { version: '1.4.2', tags: ['a', { name: 'b' }] }, 'build-id': 7, 'odd name': null };

test.each([
  ['$', answer],
  ['$.build.version', '1.4.2'],
  ['$.build.tags[1].name', 'b'],
  ['$.build-id', 7],
  ["$['odd name']", null],
  ['$.build.tags[9]', undefined],
  ['$.build.version.length', undefined],
  ['$.constructor', undefined],
  ['$.build.tags.length', undefined],
])('%s is found, or is undefined', (path, value) => {
  expect(jsonPath(answer, path)).toEqual(value);
});

test.each(['', 'version', '$.', '$..a', '$.a[', '$.a[-1]', '$.a[*]', '$a', '$.a b', '$[?(@.x)]'])(
  '%j is no path of ours and is refused',
  (path) => {
    expect(parseJsonPath(path)).toBeNull();
    expect(() => jsonPath(answer, path)).toThrow(expect.objectContaining({ code: 'invalidInput' }));
  },
);
