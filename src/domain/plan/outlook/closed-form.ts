/** The first estimate: evidence grows by a Kullback–Leibler divergence per bad event, and must reach ln(1/risk). */

/** Of the bad events of both arms, the part on gray, when gray gets `part` of the requests and is `ratio` times worse. */
export const grayPart = (part: number, ratio: number): number => (part * ratio) / (part * ratio + 1 - part);

/**
 * Gray bad events until evidence of `risk` tells a truth of `ratio` from one of `other`, where gray gets `part` (0 … 1)
 * of the requests. The judge needs somewhat more, since it does not know the ratio.
 */
export function grayEventsNeeded(risk: number, part: number, ratio: number, other: number): number {
  const truth = grayPart(part, ratio);
  const refuted = grayPart(part, other);
  const divergence = truth * Math.log(truth / refuted) + (1 - truth) * Math.log((1 - truth) / (1 - refuted));
  return (truth * -Math.log(risk)) / divergence;
}
