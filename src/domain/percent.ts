/** `33 %`, `0.5 %`: basis points as people read them. */
/** A share and the segments that join with it. */
export const stageShare = (shareBp: number, segments: readonly string[] = []): string =>
  [percentOf(shareBp), ...segments].join(' + ');

export const percentOf = (shareBp: number): string => `${shareBp / 100} %`;
