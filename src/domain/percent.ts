/** `33 %`, `0.5 %`: basis points as people read them. */
export const percentOf = (shareBp: number): string => `${shareBp / 100} %`;
