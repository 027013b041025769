/** What a program, a host or a cluster needs before a release may rely on it: one thing that was looked at. */

export interface Finding {
  readonly ok: boolean;
  /** What was looked at, and what was found where it is not ok. */
  readonly what: string;
  /** How to mend it; empty when ok. */
  readonly mend: string;
}

export const fine = (what: string): Finding => ({ ok: true, what, mend: '' });
export const wrong = (what: string, mend: string): Finding => ({ ok: false, what, mend });
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Fine where `look` throws nothing; else what it threw. */
export async function found(what: string, look: () => Promise<unknown>, mend: string): Promise<Finding> {
  try {
    await look();
    return fine(what);
  } catch (error) {
    return wrong(messageOf(error), mend);
  }
}
