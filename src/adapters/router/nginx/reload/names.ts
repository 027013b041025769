/** Names and texts in nginx's configuration. */

/** What all variables and upstreams of a target begin with. */
export const prefixOf = (target: string): string => `gray_${target.replace(/[^A-Za-z0-9_]/g, '_')}`;

/** The variable that holds a request header. */
export const headerVariable = (header: string): string => `$http_${header.toLowerCase().replaceAll('-', '_')}`;

/** A parameter of any text. */
export const quoted = (text: string): string =>
  `"${text.replace(/[\\"\n\r]/g, (found) => escapes[found] ?? `\\${found}`)}"`;

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

/** The same where nginx looks for variables; it knows no escape for a dollar sign. */
export const quotedValue = (prefix: string, text: string): string =>
  quoted(text).replaceAll('$', `\${${prefix}_dollar}`);

/** The left side of a `map`. A backslash in front: no text is taken for a word of nginx or a pattern. */
export const quotedKey = (text: string): string => quoted(`\\${text}`);
