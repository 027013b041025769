import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exitOf } from '../../src/cli/exit.ts';
import { exitOfError } from '../../src/cli/render-error.ts';
import { errorTable, exitStatus, GrayError } from '../../src/domain/errors.ts';

const page = readFileSync(new URL('../../docs/exit-codes.md', import.meta.url), 'utf8');

describe('exit statuses', () => {
  it('are the same in the program and in its documentation', () => {
    const rows = [...page.matchAll(/^\| (\d+) \| (\w+) \|/gm)].map(([, status, name]) => [name, Number(status)]);
    expect(Object.fromEntries(rows)).toEqual(exitStatus);
  });

  it.each([
    ['completed', exitStatus.ok],
    ['rehearsed', exitStatus.ok],
    ['stopped', exitStatus.stopped],
    ['rolledBack', exitStatus.rolledBack],
    ['aborted', exitStatus.aborted],
    ['refused', exitStatus.refused],
  ] as const)('tell the outcome %s', (outcome, status) => {
    expect(exitOf({ phase: 'closed', outcome, mode: 'release' })).toBe(status);
  });

  it('are 0 for a release that is leveled, for a rollback that was wished, and never for a run killed from outside', () => {
    expect(exitOf({ phase: 'watch', outcome: null, mode: 'release' })).toBe(0);
    expect(exitOf({ phase: 'closed', outcome: 'rolledBack', mode: 'rollback' })).toBe(0);
    expect(exitOf({ phase: 'closed', outcome: null, mode: 'release' })).toBe(exitStatus.defect);
  });

  it('tell what kind of error it was', () => {
    for (const [code, { exit }] of Object.entries(errorTable)) expect(exit, code).toBeGreaterThan(0);
    expect(exitOfError(new GrayError('targetBusy', 'x'))).toBe(exitStatus.refused);
    expect(exitOfError(new GrayError('temporalUnreachable', 'x'))).toBe(exitStatus.unreachable);
    expect(exitOfError(new Error('x'))).toBe(exitStatus.defect);
  });
});
