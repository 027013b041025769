import fc from 'fast-check';
import { describe, it } from 'vitest';
import { stringify } from 'yaml';
import { sections } from '../../src/spec/file.ts';
import { parseReleaseFile, parseReleaseRequest } from '../../src/spec.ts';
import { goodFile, refusal } from './spec-base.ts';

const keys = fc.constantFrom(...Object.keys(sections), '__proto__', 'constructor', 'kind', 'toString');
const junk = fc.jsonValue({ maxDepth: 4 });

describe('junk never throws anything but InvalidInput', () => {
  it('as text of all kinds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void refusal(() => parseReleaseFile(text))),
    );
  });

  it('as YAML of the right keys with any values', () => {
    fc.assert(fc.property(fc.dictionary(keys, junk), (file) => void refusal(() => parseReleaseFile(stringify(file)))));
  });

  it('as the good file with a piece cut out, doubled or replaced', () => {
    const at = fc.nat({ max: goodFile.length });
    fc.assert(
      fc.property(at, at, fc.string({ maxLength: 5 }), (from, to, piece) => {
        refusal(() => parseReleaseFile(`${goodFile.slice(0, from)}${piece}${goodFile.slice(to)}`));
      }),
    );
  });

  it('as values of all kinds in the place of a request', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }),
        (value) => void refusal(() => parseReleaseRequest(value)),
      ),
    );
  });

  it('as a request with any value in one section', () => {
    const spec = parseReleaseFile(goodFile);
    const request = { mode: 'release', by: 'a', reason: '', requestId: 'r' };
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(sections)), fc.anything({ withNullPrototype: true }), (key, value) => {
        refusal(() => parseReleaseRequest({ ...request, spec: { ...spec, [key]: value } }));
      }),
    );
  });
});
