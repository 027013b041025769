import { describe, expect, it } from 'vitest';
import { renderChanges } from '../../src/cli/render-changes.ts';
import { renderDirectAbort } from '../../src/cli/render-direct-abort.ts';
import { errorFacts, renderError } from '../../src/cli/render-error.ts';
import { renderFindings } from '../../src/cli/render-findings.ts';
import { renderList } from '../../src/cli/render-list.ts';
import { renderStatus } from '../../src/cli/render-status.ts';
import { duration } from '../../src/cli/time.ts';
import type { RunFacts } from '../../src/client.ts';
import { GrayError, InvalidInput } from '../../src/domain/errors.ts';
import { routeAtRest } from '../../src/domain/fence.ts';
import { initialState, type ReleaseState } from '../../src/domain/state.ts';
import { type Status, statusOf } from '../../src/domain/status.ts';
import { releaseRequest, releaseSpec } from '../support/release-spec.ts';

const startedAtMs = Date.UTC(2026, 10, 22, 12, 0, 0);
const nowMs = startedAtMs + 125_000;
const spec = releaseSpec('shop');

const state: ReleaseState = {
  ...initialState,
  phase: 'ramp',
  at: 'ramp',
  period: 'gray',
  shareBp: 1_500,
  stage: 1,
  clock: { holdMs: 60_000, heldMs: 30_000, sinceMs: nowMs - 5_000, extensions: 0 },
  verdict: {
    kind: 'inconclusive',
    reason: 'errors: 3 of 5 requests',
    evidence: [
      {
        metric: 'errors',
        kind: 'inconclusive',
        reason: '3 of 5',
        role: 'required',
        gray: { bad: 1, total: 3 },
        stable: { bad: 2, total: 90 },
      },
    ],
    untilMs: 0,
  },
  servers: Object.fromEntries(
    spec.servers.map(({ id, gray }) => [
      id,
      {
        place: gray ? 'b' : 'a',
        build: gray ? 'new' : 'base',
        running: { version: gray ? '2.0.0' : '1.0.0', digest: 'sha256:x' },
        base: { version: '1.0.0', digest: 'sha256:x' },
        up: id !== 's8',
        openSessions: gray ? 3 : 0,
        excluded: null,
        problem: id === 's8' ? 'does not answer' : null,
      } as const,
    ]),
  ),
  journal: [
    { atMs: startedAtMs, text: 'phase preflight' },
    { atMs: startedAtMs + 60_000, text: 'pause: paused', by: 'ben' },
  ],
};

const statusNow = (change: Partial<ReleaseState> = {}): Status =>
  statusOf(releaseRequest(spec), { ...state, ...change }, { release: 'r', startedAtMs, nowMs });

const view = { nowMs, color: false, link: 'http://ui' };
const text = (status: Status) => renderStatus(status, view).join('\n');

describe('a status on the terminal', () => {
  it('says who, where, how far, what the numbers are and what may be done now', () => {
    expect(text(statusNow())).toBe(
      [
        'release   shop → 2.0.0 (222222222222)',
        'asked by  ana: weekly release, 2m 5s ago',
        'phase     ramp, stage 2 of 3 at 15 %, held 35s of 1m',
        'period    gray, 15 % on gray, load 0.54 gray, 1.38 stable',
        'verdict   inconclusive: errors: 3 of 5 requests',
        '          errors  inconclusive  gray 1/3  stable 2/90',
        'servers   s1  gray    2.0.0  up      3 open sessions',
        '          s2  gray    2.0.0  up      3 open sessions',
        '          s3  stable  1.0.0  up',
        '          s4  stable  1.0.0  up',
        '          s5  stable  1.0.0  up',
        '          s6  stable  1.0.0  up',
        '          s7  stable  1.0.0  up',
        '          s8  stable  1.0.0  not up  does not answer',
        'journal   2026-11-22 12:00:00Z  phase preflight',
        '          2026-11-22 12:01:00Z  pause: paused (ben)',
        'you may   gray pause shop',
        '          gray skip shop',
        '          gray abort shop',
        '          gray rollback shop',
        'link      http://ui',
      ].join('\n'),
    );
  });

  it('names the argument that a command needs', () => {
    const gate = { stage: 2, approved: null };
    expect(text(statusNow({ gate }))).toContain('gray approve shop 2');
    expect(text(statusNow({ phase: 'leveling', at: 'leveling' }))).toContain('gray exclude shop s3');
  });

  it('tells how far each server of a running deployment is, and why an attempt is not the first', () => {
    const activities = [
      { name: 'deploy', attempt: 1, progress: { servers: { s3: 'checks', s4: 'done' } } },
      { name: 'route', attempt: 2, lastFailure: 'no answer' },
    ];
    expect(text({ ...statusNow(), activities })).toMatch(
      /running +deploy: s3 checks, s4 done\n +route, attempt 2, before: no answer/,
    );
  });

  it('puts what is missing first when no worker answered', () => {
    const [first] = renderStatus({ ...statusNow(), stale: 'no worker answers' }, view);
    expect(first).toMatch(/^stale\s+no worker answers$/);
  });

  it('shows a pool without servers as overloaded, also after its way through JSON', () => {
    const none = { ...statusNow(), loads: { gray: Number.POSITIVE_INFINITY, stable: 0 } };
    const travelled: Status = JSON.parse(JSON.stringify(none));
    expect(text(none)).toContain('load ∞ gray');
    expect(text(travelled)).toContain('load ∞ gray');
  });
});

describe('changes as plain lines', () => {
  it('begin with everything, and then hold only what is new', () => {
    const first = statusNow();
    expect(renderChanges(null, first).join('\n')).toMatch(/phase preflight[\s\S]*15 % on gray[\s\S]*2.0.0 on s1, s2/);
    expect(renderChanges(first, first)).toEqual([]);
    const later = statusNow({
      shareBp: 0,
      period: 'exception',
      journal: [...state.journal, { atMs: nowMs, text: 'phase exception' }],
    });
    expect(renderChanges(first, later)).toEqual([
      '2026-11-22 12:02:05Z  phase exception',
      '2026-11-22 12:02:05Z  0 % on gray, period exception',
    ]);
  });
});

describe('errors', () => {
  const problem = { path: 'ramp.stages[0].hold', message: 'expected a duration', suggestion: '1m' };

  it('are a message, every problem and a hint', () => {
    expect(renderError(new InvalidInput('shop.yml', [problem]), false)).toEqual([
      'error: shop.yml: 1 problem',
      '  ramp.stages[0].hold: expected a duration; did you mean 1m?',
      expect.stringMatching(/^hint: /),
    ]);
    expect(errorFacts(new GrayError('targetBusy', 'busy'))).toMatchObject({ error: { code: 'targetBusy' } });
  });

  it('that nobody threw on purpose say that they are defects', () => {
    expect(renderError(new TypeError('x is not a function'), false).join('\n')).toMatch(/defect/);
  });
});

describe('lists', () => {
  const run: RunFacts = {
    target: 'shop',
    workflowId: 'gray-release/shop',
    runId: 'x',
    run: 'completed',
    phase: 'closed',
    period: 'normal',
    outcome: 'rolledBack',
    shareBp: 0,
    startedAtMs,
    closedAtMs: nowMs,
    requestId: 'r1',
    by: 'ana',
    reason: '',
    version: '2.0.0',
    digest: 'sha256:x',
    mode: 'release',
  };

  it('of releases are columns', () => {
    const lines = renderList([run, { ...run, run: 'terminated', outcome: null, mode: 'rollback' }]);
    expect(lines[0]).toMatch(/^TARGET\s+VERSION\s+STATE/);
    expect(lines[1]).toMatch(/^shop\s+2\.0\.0\s+rolledBack\s+0 %\s+2026-11-22 12:00:00Z\s+ana\s+r1$/);
    expect(lines[2]).toMatch(/back to base\s+terminated/);
    expect(renderList([])).toEqual(['no release found']);
  });

  it('of rehearsals end with what they show of the judge; one that broke off early is no trial', () => {
    const rehearsed = { ...run, mode: 'rehearsal', outcome: 'rehearsed', falseRollbacks: 0 } as const;
    const broken = { ...rehearsed, outcome: 'aborted' } as const;
    const lines = renderList([run, rehearsed, broken, { ...broken, falseRollbacks: 2 }]);
    expect(lines[2]).toMatch(/2\.0\.0 rehearsed\s+rehearsed, 0 false rollbacks/);
    expect(lines.at(-1)).toBe(
      '1 of 2 rehearsals would have been rolled back: 50 %, at most 97.5 % with 95 % confidence',
    );
    expect(renderList([run]).join('\n')).not.toContain('rehearsals');
  });

  it('of findings end with their count, and a fail says how to mend it', () => {
    const lines = renderFindings(
      [
        { area: 'temporal', kind: 'ok', text: 'answers' },
        { area: 'worker', kind: 'fail', text: 'none', mend: 'gray worker' },
      ],
      false,
    );
    expect(lines).toEqual([
      'ok    temporal  answers',
      'FAIL  worker    none',
      '                mend: gray worker',
      '1 ok, 0 warnings, 1 failed',
    ]);
  });

  it('of a direct abort tell what moved, and shout when it was not confirmed', () => {
    const before = routeAtRest(spec.servers);
    const after = { ...before, fence: 1, period: 'exception' as const, release: 'operator' };
    const confirmation = { ok: false, problems: ['nobody answered'], probes: [], instance: 'i' };
    const lines = renderDirectAbort({ target: 'shop', before, after, confirmation, floorBp: 500 }).join('\n');
    expect(lines).toMatch(/fence 0 → 1[\s\S]*5 % stay on gray[\s\S]*NOT confirmed[\s\S]*nobody answered/);
  });
});

describe('durations', () => {
  it.each([
    [0, '0s'],
    [850, '850ms'],
    [12_345, '12s'],
    [125_000, '2m 5s'],
    [-5, '0s'],
  ])('%d ms is %s', (ms, said) => expect(duration(ms)).toBe(said));
});
