/** The engine of a test file. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { endSites } from '../site.ts';
import { Engine } from './engine.ts';

/** Started before the first test of the file, ended after the last; the sites of a test end with it. */
export function useEngine(): () => Engine {
  let engine: Engine | undefined;
  beforeAll(async () => {
    engine = await Engine.start();
  }, 180_000);
  afterEach(endSites);
  afterAll(() => engine?.end());
  return () => {
    if (engine === undefined) throw new Error('the engine is not running yet');
    return engine;
  };
}
