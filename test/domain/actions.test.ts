import { describe, expect, it } from 'vitest';
import type { Command, CommandInput } from '../../src/domain/actions.ts';
import { allowedNow, commands, decide } from '../../src/domain/actions.ts';
import { take } from '../../src/domain/commands.ts';
import type { Situation } from './states.ts';
import { situations, someone, stateOf } from './states.ts';

/** D: done, A: already, R: refused. The columns are the commands in the order of the table in the design. */
const matrix: Readonly<Record<Situation, string>> = {
  //                                           approve pause resume retry skip exclude abort rollback finish
  preflight: '                                    R     R     R     R     R     R      D      D      R',
  deployment: '                                   R     R     R     R     R     R      D      D      R',
  'deployment verification': '                    R     R     R     R     R     R      D      D      R',
  'gray verification': '                          R     R     R     R     R     R      D      D      R',
  'period switch': '                              R     R     R     R     R     R      D      D      R',
  'ramp, holding': '                              R     D     R     R     D     R      D      D      R',
  'ramp, undecided': '                            R     D     R     R     D     R      D      D      R',
  'ramp, failing': '                              R     D     R     R     R     R      D      D      R',
  'ramp, paused': '                               R     A     D     R     D     R      D      D      R',
  'ramp, gate of stage 1': '                      D     D     R     R     R     R      D      D      R',
  'leveling condition, gate': '                   R     D     R     R     R     R      D      D      R',
  leveling: '                                     R     D     R     R     R     D      D      D      R',
  'leveling, paused': '                           R     A     D     R     R     D      D      D      R',
  'leveling, past the point of no return': '      R     D     R     R     R     D      R      R      R',
  watch: '                                        R     R     R     R     R     R      D      D      D',
  'exception, users leaving': '                   R     R     R     R     R     R      D      D      R',
  'exception, held': '                            R     R     D     D     R     R      D      D      R',
  'exception, held past the point of no return': 'R     R     D     D     R     R      R      R      R',
  'stopping by an operator': '                    R     R     R     R     R     R      A      A      R',
  rollback: '                                     R     R     R     R     R     R      A      A      R',
  'rollback, stuck on s3': '                      R     R     R     R     R     D      A      A      R',
  closed: '                                       R     R     R     R     R     R      R      R      R',
};

const order: readonly Command[] = [
  'approve',
  'pause',
  'resume',
  'retry',
  'skip',
  'exclude',
  'abort',
  'rollback',
  'finish',
];
const letters = { done: 'D', already: 'A', refused: 'R' } as const;

const inputFor = (command: Command): CommandInput => ({
  by: 'ben',
  reason: 'test',
  requestId: 'r1',
  ...(command === 'approve' && { stage: 1 }),
  ...(command === 'exclude' && { server: 's3' }),
});

describe('the operator table', () => {
  it('has a cell for every command and every situation', () => {
    expect(order).toEqual([...commands]);
    for (const row of Object.values(matrix)) expect(row.trim().split(/\s+/)).toHaveLength(commands.length);
    expect(Object.keys(matrix)).toEqual(Object.keys(situations));
  });

  describe.each(Object.entries(situations))('in %s', (name, state) => {
    const row =
      Object.entries(matrix)
        .find(([situation]) => situation === name)?.[1]
        .trim()
        .split(/\s+/) ?? [];

    it.each(order.map((command, index) => [command, row[index]] as const))('%s is answered %s', (command, letter) => {
      const decision = decide(state, command, inputFor(command));
      expect(letters[decision.answer]).toBe(letter);
      expect(decision.text.length).toBeGreaterThan(5);
    });
  });
});

describe('a refusal says why, and what is the case instead:', () => {
  const refusal = (situation: Situation, command: Command, change: Partial<CommandInput> = {}) =>
    decide(situations[situation], command, { ...inputFor(command), ...change }).text;

  it.each([
    ['ramp, gate of stage 1', 'approve', { stage: 2 }, 'the waiting gate is of stage 1, not 2'],
    ['leveling condition, gate', 'approve', { stage: 1 }, 'the waiting gate is of stage leveling, not 1'],
    ['ramp, holding', 'approve', { stage: 1 }, 'no gate is waiting; the release is in stage 1 of the ramp'],
    ['ramp, failing', 'skip', {}, 'a fail cannot be skipped'],
    ['leveling', 'exclude', { server: 'nobody' }, 'no server nobody; known: s1, s2, s3'],
    ['leveling', 'exclude', { server: 's1' }, 's1 cannot be excluded now'],
    ['leveling, past the point of no return', 'rollback', {}, 'point of no return'],
    ['closed', 'abort', {}, '`gray rollback` starts a new run'],
    ['watch', 'abort', { by: '  ' }, '`by` must name who asks'],
  ] as const)('%s: %s %o', (situation, command, change, text) => {
    expect(refusal(situation, command, change)).toContain(text);
  });
});

describe('a command that was taken', () => {
  it('is answered the same when it comes again, and changes nothing', () => {
    const input = inputFor('pause');
    const state = situations['ramp, holding'];
    const answer = { answer: 'done', text: 'paused; watching goes on' } as const;
    const paused = take(state, 'pause', input, answer, 5_000);
    const resumed = take(paused, 'resume', { ...input, requestId: 'r2' }, { answer: 'done', text: 'goes on' }, 6_000);
    expect(decide(resumed, 'pause', input)).toEqual(answer);
    expect(resumed.paused).toBeNull();
  });

  it('stops and starts the clock of the stage with a pause and its resume', () => {
    const state = stateOf({ phase: 'ramp', clock: { holdMs: 10_000, heldMs: 0, sinceMs: 1_000, extensions: 0 } });
    const done = { answer: 'done', text: '' } as const;
    const paused = take(state, 'pause', inputFor('pause'), done, 3_000);
    expect(paused.clock).toMatchObject({ heldMs: 2_000, sinceMs: null });
    expect(take(paused, 'resume', inputFor('resume'), done, 9_000).clock).toMatchObject({
      heldMs: 2_000,
      sinceMs: 9_000,
    });
  });

  it('gives a hold that is undecided the time of a pause again', () => {
    const undecided = { holdMs: 1_000, heldMs: 1_000, sinceMs: 1_000, extensions: 0, askUntilMs: 5_000 };
    const paused = { ...someone, atMs: 3_000 };
    const state = stateOf({ phase: 'ramp', clock: undecided, paused });
    const resumed = take(state, 'resume', inputFor('resume'), { answer: 'done', text: '' }, 10_000);
    expect(resumed.clock?.askUntilMs).toBe(12_000);
  });

  it('is written into the journal with who and why', () => {
    const after = take(
      situations.watch,
      'finish',
      { ...inputFor('finish'), reason: 'all quiet' },
      { answer: 'done', text: 'the watch ends now' },
      7,
    );
    expect(after.journal.at(-1)).toEqual({ atMs: 7, text: 'finish: the watch ends now (all quiet)', by: 'ben' });
    expect(after.finish).toEqual({ by: 'ben', reason: 'all quiet', atMs: 7 });
  });

  it('remembers no more answers than its bound, the oldest forgotten first', () => {
    let state = situations['ramp, holding'];
    for (let n = 0; n < 250; n += 1) {
      state = take(state, 'skip', { ...inputFor('skip'), requestId: `r-${n}` }, { answer: 'already', text: '' }, n);
    }
    expect(Object.keys(state.answered)).toHaveLength(200);
    expect(state.answered['r-249']).toBeDefined();
    expect(state.answered['r-0']).toBeUndefined();
  });
});

it('what may be done now is what would be answered done', () => {
  expect(allowedNow(situations['ramp, gate of stage 1'])).toEqual(['approve', 'pause', 'abort', 'rollback']);
  expect(allowedNow(situations.closed)).toEqual([]);
  expect(allowedNow({ ...situations.leveling, paused: someone })).toEqual(['resume', 'exclude', 'abort', 'rollback']);
});
