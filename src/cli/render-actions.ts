/** The operator table as Markdown, for `docs/operator-commands.md`. */
import { actions, commands } from '../domain/actions.ts';

export function renderActions(): string {
  const rows = commands.map((command) => {
    const { takenIn, does, example } = actions[command];
    const json = JSON.stringify({ ...example, by: 'ana', reason: 'why' });
    return `| \`${command}\` | ${takenIn} | ${does} | \`${json}\` |`;
  });
  return ['| command | taken in | does | as an Update or Signal |', '|---|---|---|---|', ...rows].join('\n');
}
