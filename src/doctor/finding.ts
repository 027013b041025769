/** One thing that was looked at, what was found, and how to mend it. */
import { GrayError } from '../domain/errors.ts';

export interface Finding {
  readonly area: Area;
  /** `warning`: a release can run, but look at it. */
  readonly kind: 'ok' | 'warning' | 'fail';
  readonly text: string;
  /** What to do; present unless ok. */
  readonly mend?: string;
}

export type Area = 'temporal' | 'worker' | 'router' | 'servers' | 'metrics' | 'environment' | 'clocks';

export const ok = (area: Area, text: string): Finding => ({ area, kind: 'ok', text });
export const warning = (area: Area, text: string, mend: string): Finding => ({ area, kind: 'warning', text, mend });
export const fail = (area: Area, text: string, mend: string): Finding => ({ area, kind: 'fail', text, mend });

/** An examination that throws is a finding too, and no examination takes longer than `limitMs`. */
export async function examined(
  area: Area,
  mend: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => resolve([fail(area, `no answer within ${limitMs / 1000} s`, mend)]), limitMs);
  });
  try {
    return await Promise.race([look(), late]);
  } catch (error) {
    if (error instanceof GrayError) return [fail(area, error.message, error.hint)];
    return [fail(area, error instanceof Error ? error.message : String(error), mend)];
  } finally {
    clearTimeout(timer);
  }
}

const limitMs = 15_000;
