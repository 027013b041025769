/** A small valid release file that tests spoil in one place. */
import { expect, it } from 'vitest';
import { InvalidInput, type Problem } from '../../src/domain/errors.ts';
import { parseReleaseFile } from '../../src/spec.ts';

export const goodFile = `target: shop
servers:
  - { id: s1, address: "127.0.0.1:9001", gray: true }
  - { id: s2, address: "127.0.0.1:9002" }
  - { id: s3, address: "127.0.0.1:9003" }
artifact: { version: 2.0.0, source: ./shop.tgz, digest: "sha256:${'0a'.repeat(32)}" }
router: { kind: embedded, identity: { header: x-user-id }, admin: ./r.sock, entrance: "http://127.0.0.1:8000", probe: "http://127.0.0.1:8001" }
deployer: { kind: process, dir: ./servers, start: [node, server.mjs, --port, "{port}"] }
metrics: { kind: exposition, define: { errors: { total: http_requests_total, bad: { code: /5../ } } } }
ramp: { stages: [{ share: 5%, hold: 1m }, { share: 25%, hold: 2m }] }
judge: { metrics: { errors: { maxRate: 1% } } }
`;

/** The good file with one text replaced; throws when there is nothing to replace, so that no case tests the good file. */
export function spoiled(from: string, to: string): string {
  if (!goodFile.includes(from)) throw new Error(`the good file has no ${JSON.stringify(from)}`);
  return goodFile.replace(from, () => to);
}

export const withLines = (...lines: readonly string[]): string => `${goodFile}${lines.join('\n')}\n`;

export function problemsOf(text: string): readonly Problem[] {
  return refusal(() => parseReleaseFile(text));
}

/** The problems that `parse` throws; none when it does not. */
export function refusal(parse: () => unknown): readonly Problem[] {
  try {
    parse();
  } catch (error) {
    if (error instanceof InvalidInput) return error.problems;
    throw error;
  }
  return [];
}

export type Case = readonly [title: string, text: string, path: string, says: string, suggestion?: string];

/** One test per case: the text is refused at exactly this path, in words that contain `says`. */
export function refuses(cases: readonly Case[]): void {
  for (const [title, text, path, says, suggestion] of cases) {
    it(title, () => {
      const problems = problemsOf(text);
      const problem = problems.find((one) => one.path === path && one.message.includes(says));
      expect(problem, JSON.stringify(problems, null, 1)).toBeDefined();
      if (suggestion !== undefined) expect(problem?.suggestion).toBe(suggestion);
    });
  }
}
