import { describe, expect, it } from 'vitest';
import { type DemoOptions, readOptions } from '../../demo/options.ts';
import { scenarioNames, scenarioOf } from '../../demo/scenarios.ts';

function read(...args: readonly string[]) {
  const written = { out: '', err: '' };
  const wish = readOptions(args, {
    writeOut: (text) => {
      written.out += text;
    },
    writeErr: (text) => {
      written.err += text;
    },
  });
  return { wish, ...written };
}

describe('the command line of the demo', () => {
  it('plays a good release when nothing is said', () => {
    const expected: DemoOptions = {
      scenarios: ['completed'],
      router: 'embedded',
      pace: 'normal',
      json: false,
      keep: false,
      stay: false,
    };
    expect(read().wish).toEqual(expected);
  });

  it('plays one scenario, several, or all of them', () => {
    expect(read('--scenario', 'hold').wish).toMatchObject({ scenarios: ['hold'] });
    expect(read('--scenario', 'hold', '--scenario', 'abort').wish).toMatchObject({ scenarios: ['hold', 'abort'] });
    expect(read('--scenario=all', '--quick', '--json').wish).toMatchObject({
      scenarios: scenarioNames,
      pace: 'quick',
      json: true,
    });
  });

  it('refuses an unknown scenario with the one that was probably meant', () => {
    const { wish, err } = read('--scenario', 'regresion');
    expect(wish).toEqual({ leave: 2 });
    expect(err).toContain('Did you mean regression?');
    expect(err).toContain('Known: completed, stopped,');
    expect(read('--scenario', 'zzz').err).not.toContain('Did you mean');
    expect(read('--scenario', 'toString').wish).toEqual({ leave: 2 });
  });

  it('refuses unknown options, words and routers', () => {
    for (const args of [['--scenari', 'hold'], ['hold'], ['--router', 'nginx'], ['--scenario']]) {
      expect(read(...args).wish).toEqual({ leave: 2 });
    }
  });

  it('explains every scenario in its help', () => {
    const { wish, out } = read('--help');
    expect(wish).toEqual({ leave: 0 });
    for (const name of scenarioNames) expect(out).toContain(scenarioOf(name).about);
  });
});
