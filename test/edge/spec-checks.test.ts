import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { refuses, withLines } from './spec-base.ts';

describe('checks, audience and data', () => {
  refuses([
    [
      'a check that asks nothing',
      withLines('verify: { deployment: [{ gte: /health }] }'),
      'verify.deployment[0].gte',
      'unknown key',
      'get',
    ],
    [
      'a path without slash',
      withLines('verify: { deployment: [{ get: health }] }'),
      'verify.deployment[0].get',
      'begins with "/"',
    ],
    [
      'a command as one text',
      withLines('verify: { deployment: [{ command: "sh -c x" }] }'),
      'verify.deployment[0].command',
      'no shell reads them',
    ],
    [
      'a status that is none',
      withLines('verify: { deployment: [{ get: /, expect: { status: 99 } }] }'),
      'verify.deployment[0].expect.status',
      'from 100 to 599',
    ],
    [
      'a JSON path that is none',
      withLines('verify: { deployment: [{ get: /, expect: { json: { status: ok } } }] }'),
      'verify.deployment[0].expect.json.status',
      'a JSON path such as $.version',
    ],
    [
      'a gray check that nobody asks',
      withLines('verify: { gray: [{ get: / }] }'),
      'verify.gray[0].as',
      'missing; expected the test user',
    ],
    [
      'a deployment check that a user asks',
      withLines('verify: { deployment: [{ get: /, as: t }] }'),
      'verify.deployment[0].as',
      'expected nothing',
    ],
    ['no checks at all', withLines('verify: { gray: [] }'), 'verify.gray', 'a list of 1 to 50 checks'],
    [
      'a user on both lists',
      withLines('audience: { alwaysGray: [a, b], alwaysStable: [b] }'),
      'audience.alwaysGray[1]',
      'the same user is in alwaysStable',
    ],
    [
      'a test user who must stay on base',
      withLines('audience: { alwaysStable: [gray-tester] }'),
      'audience.alwaysStable[0]',
      'must reach gray',
    ],
    [
      'a user no cookie can carry',
      withLines('audience: { alwaysGray: ["a;b"] }'),
      'audience.alwaysGray[0]',
      'printable ASCII',
    ],
    [
      'a list file that is not there',
      withLines('audience: { alwaysGray: { file: ./none.txt } }'),
      'audience.alwaysGray.file',
      'ENOENT',
    ],
    [
      'a list file with a bad line',
      withLines(`audience: { alwaysGray: { file: ${badList()} } }`),
      'audience.alwaysGray.file',
      '(user 2 of the list)',
    ],
    [
      'data that cannot go back, without its point of no return',
      withLines('data: { compatible: forwardOnly }'),
      'data.pointOfNoReturn',
      'missing',
    ],
    [
      'a point of no return that nobody needs',
      withLines('data: { compatible: both, pointOfNoReturn: leveling }'),
      'data.pointOfNoReturn',
      'expected nothing',
    ],
    [
      'a point of no return passed unasked',
      withLines(
        'data: { compatible: forwardOnly, pointOfNoReturn: leveling }',
        'leveling: { approval: { otherwise: proceed } }',
      ),
      'leveling.approval.otherwise',
      'nobody passes a point of no return unasked',
    ],
  ]);
});

function badList(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'gray-list-')), 'users.txt');
  writeFileSync(file, '# testers\nalice\nbob smith\n');
  return file;
}
