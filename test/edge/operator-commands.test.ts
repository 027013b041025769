import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderActions } from '../../src/cli/render-actions.ts';

it('docs/operator-commands.md holds the table of the program', () => {
  const page = readFileSync(new URL('../../docs/operator-commands.md', import.meta.url), 'utf8');
  expect(page).toContain(renderActions());
});
