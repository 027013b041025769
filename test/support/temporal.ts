/** A Temporal server for the tests of one file. */
import { afterAll, beforeAll } from 'vitest';

export type { TestTemporal } from './temporal-server.ts';

import type { TestTemporal } from './temporal-server.ts';
import { startTemporal, stopTemporal } from './temporal-server.ts';

/** Started before the first test of the file, stopped after the last. */
export function useTemporal(
  dynamicConfig: Readonly<Record<string, string | number | boolean>> = {},
): () => TestTemporal {
  let temporal: TestTemporal | undefined;
  beforeAll(async () => {
    temporal = await startTemporal(dynamicConfig);
  }, 180_000);
  afterAll(async () => {
    if (temporal !== undefined) await stopTemporal(temporal);
  });
  return () => {
    if (temporal === undefined) throw new Error('Temporal is not running yet');
    return temporal;
  };
}
