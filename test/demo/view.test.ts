import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { changes } from '../../demo/view/changes.ts';
import { frame } from '../../demo/view/frame.ts';
import { loadScene, type ReleaseScene, type Scene } from '../../demo/view/scene.ts';
import { screenOn } from '../../demo/view/screen.ts';
import { sparkline } from '../../demo/view/sparkline.ts';
import { clock, count, percentOfBp, phaseWords } from '../../demo/view/words.ts';

const release: ReleaseScene = {
  phase: 'ramp',
  outcome: null,
  committed: false,
  shareBp: 1_500,
  stage: { number: 2, of: 3 },
  verdict: { kind: 'inconclusive', reason: 'slow: 40 of 100 gray requests seen' },
  waiting: null,
  failure: null,
  journal: ['phase ramp', 'stage 2 of 3'],
  servers: [
    { id: 'pay-1', version: '2.0.0', arm: 'gray', up: true, problem: null },
    { id: 'pay-12', version: '1.0.0', arm: 'stable', up: false, problem: 'refuses connections' },
  ],
};

const scene: Scene = {
  scenario: 'completed',
  target: 'payments',
  base: '1.0.0',
  version: '2.0.0',
  elapsedMs: 83_400,
  link: 'http://127.0.0.1:8233/x',
  release,
  load: {
    sent: 12_034,
    answered: 12_030,
    lost: 0,
    errors: 3,
    perSecond: 298,
    p99Ms: 41.2,
    measured: 0.152,
    servers: { 'pay-1': 48 },
  },
  events: [],
};

describe('the live picture', () => {
  it('shows phase, stage, share, verdict, servers, users and the link', () => {
    const text = frame(scene, false).join('\n');
    expect(text).toContain('payments 1.0.0 → 2.0.0  scenario completed  1:23');
    expect(text).toContain('●●●●●◉○○○ ramp');
    expect(text).toContain('stage 2 of 3, 15 % of the users on gray');
    expect(text).toContain('inconclusive: slow: 40 of 100 gray requests seen');
    expect(text).toMatch(/pay-1 {3}2\.0\.0 +gray +48\/s/);
    expect(text).toMatch(/pay-12 {2}1\.0\.0 +stable! +0\/s {2}refuses connections/);
    expect(text).toContain('12 034 sent, 0 lost, 3 errors, 298/s, p99 41.2 ms, 15.2 % of the users on the new version');
    expect(text).toContain('http://127.0.0.1:8233/x');
  });

  it('shows the exception period and the failure instead of the path', () => {
    const failed: ReleaseScene = { ...release, phase: 'exception', failure: 'errors: 20 % above 1 %', stage: null };
    const text = frame({ ...scene, release: failed }, false).join('\n');
    expect(text).toContain('exception');
    expect(text).not.toContain('●');
    expect(text).toContain('failure errors: 20 % above 1 %');
  });

  it('fits the terminal, and colours only where there are colours', () => {
    expect(Math.max(...frame(scene, false, 40).map((line) => line.length))).toBe(40);
    expect(frame(scene, false).join('')).not.toContain('\u001b');
    expect(frame(scene, true).join('')).toContain('\u001b');
  });

  it('has something to say before the release starts', () => {
    expect(frame({ ...scene, release: null }, false).join('\n')).toContain('about to start');
  });
});

describe('the plain lines', () => {
  it('tell everything once, and nothing while only numbers move', () => {
    expect(changes(null, scene).map((line) => line.slice(6))).toEqual([
      'phase ramp  (12 034 sent, 0 lost)',
      'stage 2 of 3  (12 034 sent, 0 lost)',
      'open http://127.0.0.1:8233/x  (12 034 sent, 0 lost)',
      'share 15 %  (12 034 sent, 0 lost)',
      'verdict inconclusive  (12 034 sent, 0 lost)',
      'pay-1 2.0.0, gray  (12 034 sent, 0 lost)',
      'pay-12 1.0.0, stable, down: refuses connections  (12 034 sent, 0 lost)',
    ]);
    const later: Scene = { ...scene, elapsedMs: 90_000, load: { ...scene.load, sent: 14_000, errors: 4 } };
    expect(changes(scene, later)).toEqual([]);
  });

  it('tell what changed: a verdict, a server, the outcome, a lost request, an act of the demo', () => {
    const now: Scene = {
      ...scene,
      events: ['the worker is killed'],
      load: { ...scene.load, lost: 2 },
      release: {
        ...release,
        phase: 'leveling',
        stage: null,
        journal: [...release.journal, 'phase leveling'],
        verdict: { kind: 'pass', reason: '' },
        servers: release.servers.map((server) => ({ ...server, version: '2.0.0', up: true, problem: null })),
      },
    };
    expect(changes(scene, now).map((line) => line.split('  ')[1])).toEqual([
      'phase leveling',
      'demo: the worker is killed',
      'verdict pass',
      'pay-12 2.0.0, stable',
      'LOST 2 requests',
    ]);
    const closed: Scene = { ...now, release: { ...release, phase: 'closed', outcome: 'completed', shareBp: 0 } };
    expect(changes(now, closed).map((line) => line.split('  ')[1])).toEqual(['outcome completed']);
  });

  it('are what a screen without a terminal shows', () => {
    const output = new PassThrough();
    const screen = screenOn(Object.assign(output, { isTTY: false as const, columns: 80 }));
    for (const shown of [scene, scene]) screen.show(shown);
    screen.done();
    expect(String(output.read()).match(/stage 2 of 3/g)).toHaveLength(1);
  });
});

describe('the share over time', () => {
  it('draws one bar per part, a dot for nobody and a gap for unknown', () => {
    expect(sparkline([0, 0.05, 0.5, 0.99, 1, null])).toBe('·▁▅██ ');
  });

  it('averages neighbours to fit the width', () => {
    expect(sparkline([0, 0, 1, 1], 2)).toBe('·█');
    expect(sparkline(Array.from({ length: 333 }, () => 0.5))).toBe('▅'.repeat(80));
    expect(sparkline([])).toBe('');
  });

  it('is measured on users with an identity', () => {
    expect(loadScene({ sent: 0, answered: 0, lost: 0, errors: 0, last: null }, '2.0.0').measured).toBeNull();
  });
});

describe('the words', () => {
  it('are short', () => {
    expect(phaseWords('phase deploymentVerification')).toBe('phase deployment verification');
    expect(phaseWords('GET /checkOut')).toBe('GET /checkOut');
    expect(percentOfBp(1_250)).toBe('12.5 %');
    expect(clock(3_599_999)).toBe('59:59');
    expect([count(7), count(1_234), count(12_345_678)]).toEqual(['7', '1 234', '12 345 678']);
  });
});
