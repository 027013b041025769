/** How much worse a stage may let pass: little traffic is exposed in a small one, and little evidence is there. */
export function defaultPassMargin(shareBp: number): number {
  if (shareBp <= 100) return 5;
  if (shareBp <= 500) return 3;
  return shareBp <= 2_000 ? 2 : 1.5;
}
