/** The edge of the release file: YAML text in, `ReleaseSpec` out, or every problem at once. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { InvalidInput, type Problem } from './domain/errors.ts';
import type { ReleaseSpec } from './domain/spec.ts';
import { crossChecks } from './spec/cross-checks.ts';
import { releaseFile } from './spec/file.ts';
import { type Finding, finding, type LineOf, toProblems } from './spec/finding.ts';
import { goodSections } from './spec/good-sections.ts';
import { check } from './spec/issues.ts';
import { readLists } from './spec/lists.ts';
import { type Overrides, overridden } from './spec/overrides.ts';
import { resolveFile } from './spec/resolve.ts';
import { forbidden } from './spec/secrets.ts';
import { readYaml } from './spec/yaml.ts';

export { releaseJsonSchema } from './spec/json-schema.ts';
export type { Overrides } from './spec/overrides.ts';
export { parseReleaseRequest } from './spec/request.ts';
export { isTemplateName, releaseTemplate, type TemplateName, templates } from './spec/template.ts';

export interface ParseOptions {
  /** Where the text came from: names the file in messages, and relative paths start at its folder. Default: the current folder. */
  readonly path?: string;
  /** From the command line; they win over the file. */
  readonly overrides?: Overrides;
  /** Only GRAY_ALLOW_MEMORY is looked at: `1` lets tests use the memory adapters. Default: nothing is set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Throws `InvalidInput` with every problem of the text; reads nothing but user lists the file names. */
export function parseReleaseFile(text: string, options: ParseOptions = {}): ReleaseSpec {
  const what = options.path === undefined ? 'release file' : basename(options.path);
  const yaml = readYaml(text);
  if (!yaml.ok)
    throw new InvalidInput(
      what,
      toProblems(yaml.findings, () => undefined),
    );
  const folder = options.path === undefined ? process.cwd() : dirname(resolve(options.path));
  const value = overridden(yaml.value, options.overrides ?? {});
  const memory = options.env?.GRAY_ALLOW_MEMORY === '1';
  return build(value, { folder, memory }, (findings) => new InvalidInput(what, problemsOf(findings, yaml.lineOf)));
}

/** Reads and parses `path`; a file that cannot be read is `InvalidInput` too. */
export async function readReleaseFile(path: string, options: Omit<ParseOptions, 'path'> = {}): Promise<ReleaseSpec> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new InvalidInput(basename(path), [{ path: '', message: `cannot read ${path}: ${reason}` }]);
  });
  return parseReleaseFile(text, { env: process.env, ...options, path });
}

interface Place {
  readonly folder: string;
  readonly memory: boolean;
}

function build(value: unknown, place: Place, refused: (findings: readonly Finding[]) => InvalidInput): ReleaseSpec {
  const checked = check(releaseFile, value);
  const sections = checked.ok ? checked.data : goodSections(value);
  const lists = sections.audience === undefined ? undefined : readLists(sections.audience, place.folder);
  const findings = [
    ...forbidden(value),
    ...(checked.ok ? [] : checked.findings),
    ...(lists?.findings ?? []),
    ...crossChecks(sections, { memory: place.memory }),
  ];
  if (findings.length > 0 || !checked.ok || lists === undefined) throw refused(findings);
  const { alwaysGray, alwaysStable } = lists;
  return resolveFile(checked.data, { alwaysGray, alwaysStable }, place.folder);
}

/** More than this helps nobody. */
const maxProblems = 100;

function problemsOf(findings: readonly Finding[], lineOf: LineOf): readonly Problem[] {
  const problems = toProblems(findings, lineOf);
  if (problems.length <= maxProblems) return problems;
  const more = finding([], `and ${problems.length - maxProblems} more problems`);
  return [...problems.slice(0, maxProblems), ...toProblems([more], () => undefined)];
}
