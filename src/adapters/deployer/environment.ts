/** What a started program finds in its environment: only the variables that were named, and those nothing runs without. */

/** Without these a program is not found, or writes its text in the wrong letters. */
const always = ['PATH', 'HOME', 'LANG', 'TZ'];

export function namedEnvironment(names: readonly string[]): Readonly<Record<string, string>> {
  const found = [...always, ...names].map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

/** Replaces the values of named variables, which may be secrets, by their names. */
export function withoutValues(text: string, names: readonly string[]): string {
  const secrets = names.map((name) => [name, process.env[name] ?? ''] as const).filter(([, value]) => value.length > 3);
  return secrets.reduce((clean, [name, value]) => clean.replaceAll(value, `<${name}>`), text);
}
