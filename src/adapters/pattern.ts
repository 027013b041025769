/** Expected texts of a release file: an exact value, or `/pattern/flags` as in JavaScript, not anchored. */

/** A pattern that does not compile throws SyntaxError; parsing a release file has refused it already. */
export function textMatcher(expected: string): (text: string) => boolean {
  const pattern = /^\/(.+)\/([imsu]*)$/s.exec(expected);
  if (pattern === null) return (text) => text === expected;
  const compiled = new RegExp(pattern[1] ?? '', pattern[2]);
  return (text) => compiled.test(text);
}
