import { describe, expect, it } from 'vitest';
import { renderPlan } from '../../src/cli/render-plan.ts';
import { planRelease } from '../../src/domain/plan.ts';
import { isTemplateName, parseReleaseFile, releaseTemplate, templates } from '../../src/spec.ts';
import { goodFile, spoiled } from './spec-base.ts';

const names = Object.keys(templates).filter(isTemplateName);
const rendered = (text: string): string => renderPlan(planRelease(parseReleaseFile(text)));
const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

describe('the printed plan', () => {
  it.each(names)('of the example %s fits 100 columns, and refuses nothing', (name) => {
    const text = rendered(releaseTemplate(name));
    expect(widest(text)).toBeLessThanOrEqual(100);
    expect(text).not.toContain('Refused');
  });

  it('fits 100 columns whatever the names, and cuts nothing off', () => {
    const id = `s${'x'.repeat(61)}1`;
    const path = `/${'health'.repeat(30)}`;
    const text = rendered(`${spoiled('id: s1', `id: ${id}`)}verify: { deployment: [{ get: ${path} }] }\n`);
    expect(widest(text)).toBeLessThanOrEqual(100);
    expect(text).not.toContain('…');
  });

  it('shows servers, steps, gates, checks, duration, and where rest turns', () => {
    const text = rendered(releaseTemplate());
    for (const part of [
      /Release of payments 1\.4\.2/,
      /pay-6 +10\.0\.0\.16:8443 +- +100 +gray spare +deployment/,
      /stage 2 of 3 +10 % +5362 +stable/,
      /Requests without identity go to gray from batch \d on\./,
      /after stage 2 +approval within 4h +else rollback/,
      /stage 1 +extended up to 3 holds, then the exception policy/,
      /stage 2 +a pass or an operator \(skip\) within 1d, else rollback/,
      /no rollback after it/,
      /through the router +POST \/orders as tester-2 +status 201/,
      /1h 43m of holds and warm-ups/,
      /Fewest servers serve in deployment: 4\./,
      /the stable pool carries 1\.25/,
    ]) {
      expect(text).toMatch(part);
    }
  });

  it('names what it refuses', () => {
    expect(rendered(spoiled('"127.0.0.1:9002" }', '"127.0.0.1:9002", gray: true }'))).toMatch(
      /Refused\n +- +capacity\.maxLoad: the stable pool would carry 3\.00/,
    );
  });
});

describe('defaults made visible', () => {
  it('marks each value that the file did not write, as the parser fills it in', () => {
    const { settings } = planRelease(parseReleaseFile(goodFile));
    const written = settings.filter((setting) => !setting.usual).map(({ path }) => path);
    expect(written).toEqual(['judge.metrics.errors.maxRate']);
    expect(settings.length).toBeGreaterThan(25);
  });

  it('marks the values of the other kinds too', () => {
    const { settings } = planRelease(parseReleaseFile(releaseTemplate('haproxy-process-prometheus')));
    const usual = settings.filter((setting) => setting.usual).map(({ path }) => path);
    for (const path of ['router.instances[0].backends', 'metrics.interval', 'metrics.instanceLabel']) {
      expect(usual).toContain(path);
    }
  });
});
