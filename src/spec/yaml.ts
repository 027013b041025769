/** From YAML text to plain data and the line of every path; everything that could surprise is refused. */

import type { Document } from 'yaml';
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  parseDocument,
} from 'yaml';
import type { Finding, LineOf, Step } from './finding.ts';
import { finding } from './finding.ts';

export type YamlText =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>>; readonly lineOf: LineOf }
  | { readonly ok: false; readonly findings: readonly Finding[] };

const maxChars = 2 * 1024 * 1024;
const maxDepth = 40;

/** Never throws: whatever is wrong comes back as findings, by line. */
export function readYaml(text: string): YamlText {
  if (text.length > maxChars) return refused('', `expected at most ${maxChars} characters, found ${text.length}`);
  // The composer recurses, and near the end of the stack even a regular expression can end the process.
  if (nestedDeeper(text, maxDepth)) return refused('', `expected at most ${maxDepth} levels of nesting, found more`);
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const faults = [...doc.errors, ...doc.warnings];
  if (faults.length > 0) {
    return { ok: false, findings: faults.slice(0, 20).map((fault) => fromFault(fault, lines)) };
  }
  return toData(doc, lines);
}

const refused = (where: string, message: string): YamlText => ({
  ok: false,
  findings: [finding(where === '' ? [] : [where], message)],
});

function nestedDeeper(text: string, limit: number): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _token of parser.next(lexeme));
    if (parser.stack.length > limit) return true;
  }
  return false;
}

function fromFault(fault: { message: string; code: string; pos: [number, number] }, lines: LineCounter): Finding {
  const { line, col } = lines.linePos(fault.pos[0]);
  return finding([], `not valid YAML at line ${line}, column ${col}: ${words[fault.code] ?? fault.message}`);
}

const words: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'the same key twice in one group',
  TAB_AS_INDENT: 'a tab; indent with spaces',
  MULTIPLE_DOCS: 'a second document; write one release per file',
};

function toData(doc: Document.Parsed, lines: LineCounter): YamlText {
  try {
    const value: unknown = doc.toJS({ maxAliasCount: 50 });
    if (value === null || value === undefined) return refused('', 'expected a release file, found nothing');
    if (!isGroup(value)) return refused('', 'expected keys such as "target:", found something else');
    return { ok: true, value, lineOf: (path) => lineAt(doc, path, lines) };
  } catch (error) {
    // Aliases without an anchor, and bombs of them.
    return refused('', `not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Line of the deepest part of `path` that exists, of its key where there is one. */
function lineAt(doc: Document.Parsed, path: readonly Step[], lines: LineCounter): number | undefined {
  let node: unknown = doc.contents;
  let offset: number | undefined;
  for (const step of path) {
    const next = child(resolved(node, doc), step);
    if (next === undefined) break;
    offset = next.offset ?? offset;
    node = next.value;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

const resolved = (node: unknown, doc: Document.Parsed): unknown => (isAlias(node) ? node.resolve(doc) : node);

function child(node: unknown, step: Step): { value: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === step);
    return pair === undefined ? undefined : { value: pair.value, offset: startOf(pair.key) };
  }
  if (isSeq(node) && typeof step === 'number' && step in node.items) {
    return { value: node.items[step], offset: startOf(node.items[step]) };
  }
  return undefined;
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? (node as Node).range?.[0] : undefined);
