import { describe, expect, it } from 'vitest';
import { problemsOf, refuses, spoiled, withLines } from './spec-base.ts';

describe('secrets and variables', () => {
  refuses([
    [
      'a URL with a password',
      spoiled('./shop.tgz', '"https://bob:hunter2@builds.example.org/a.tgz"'),
      'artifact.source',
      'a URL with a user and a password',
    ],
    [
      'a URL with a token',
      spoiled('./shop.tgz', '"https://builds.example.org/a.tgz?access_token=hunter2"'),
      'artifact.source',
      'a secret in its query',
    ],
    [
      'a header with a secret',
      withLines('verify: { deployment: [{ get: /, header: { Authorization: Bearer hunter2 } }] }'),
      'verify.deployment[0].header.Authorization',
      'cannot stand in a release file',
    ],
    ['a variable that nobody would replace', spoiled('target: shop', `target: \${TARGET}`), 'target', 'not replaced'],
  ]);

  it('never repeats a secret in a message', () => {
    const texts = [
      spoiled('"http://127.0.0.1:8000"', '"http://bob:hunter2@127.0.0.1:8000"'),
      spoiled('"127.0.0.1:9001"', '"http://bob:hunter2@127.0.0.1:9001"'),
      spoiled('./shop.tgz', '"https://x.example.org/a?token=hunter2"'),
      withLines('verify: { deployment: [{ get: /, header: { x-api-key: hunter2 } }] }'),
    ];
    for (const text of texts) {
      expect(problemsOf(text)).not.toEqual([]);
      expect(JSON.stringify(problemsOf(text))).not.toContain('hunter2');
    }
  });

  it('leaves variables to a shell that was asked for by name', () => {
    expect(problemsOf(withLines(`hooks: { beforeDeployment: { command: [sh, -c, "echo \${HOME}"] } }`))).toEqual([]);
  });
});
