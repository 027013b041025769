import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';

const nowhere = { TEMPORAL_CONFIG_FILE: '/does/not/exist.toml', HOME: '/does/not/exist' };

describe('the configuration', () => {
  it('is one machine when nothing is said', () => {
    const config = readConfig(nowhere);
    expect(config.temporal).toMatchObject({
      address: '127.0.0.1:7233',
      namespace: 'default',
      uiUrl: 'http://127.0.0.1:8233',
    });
    expect(config).toMatchObject({ logLevel: 'info', debug: false, by: expect.stringMatching(/.@./) });
  });

  it('takes Temporal from its own variables, and the UI from ours', () => {
    const env = {
      ...nowhere,
      TEMPORAL_ADDRESS: 'temporal.internal:7233',
      TEMPORAL_NAMESPACE: 'prod',
      TEMPORAL_API_KEY: 'k',
    };
    expect(readConfig(env).temporal).toMatchObject({
      namespace: 'prod',
      uiUrl: null,
      connection: { tls: true, apiKey: 'k' },
    });
    expect(readConfig({ ...env, GRAY_UI_URL: 'https://ui.internal/' }).temporal.uiUrl).toBe('https://ui.internal');
  });

  it('refuses an unknown log level and a profile that is not there, by name', () => {
    expect(() => readConfig({ ...nowhere, GRAY_LOG_LEVEL: 'loud' })).toThrow(/"loud"; known: trace, debug/);
    expect(() => readConfig(nowhere, 'nope')).toThrow(/profile.*nope/i);
  });

  it('knows who acts, for the record', () => {
    expect(readConfig({ ...nowhere, GRAY_BY: 'ana' }).by).toBe('ana');
  });
});
