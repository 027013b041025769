/**
 * Samples of counters at the bounds of intervals. A sample stays with its bound, so windows side by side cost one sample
 * per place and share no event. A bound that has passed without a sample leaves its windows unusable, never estimated.
 */
import pMap from 'p-map';
import type { MetricWindow } from './port.ts';

/** One place at one bound, or one sentence why not. */
export type Sampled<S> = S | { readonly failed: string };

export type SamplesById<S> = ReadonlyMap<string, Sampled<S>>;

interface Options<S, P> {
  /** Never throws. */
  readonly sample: (place: P) => Promise<Sampled<S>>;
  readonly parallel: number;
  /** Enough for a repeat of the newest windows after a lost answer. */
  readonly keptBounds: number;
}

interface Bound {
  readonly boundMs: number;
  /** A sample taken later belongs to another moment. */
  readonly latestMs: number;
}

export class Samples<S extends object, P extends { readonly id: string }> {
  readonly #options: Options<S, P>;
  readonly #bounds = new Map<number, Map<string, Promise<Sampled<S>>>>();

  constructor(options: Options<S, P>) {
    this.#options = options;
  }

  /** What is kept for `boundMs`, and what can still be sampled for it. */
  async at(
    boundMs: number,
    { fromMs, toMs }: Pick<MetricWindow, 'fromMs' | 'toMs'>,
    places: readonly P[],
  ): Promise<SamplesById<S>> {
    const kept = this.#bound(boundMs);
    const latestMs = boundMs + Math.min(5_000, (toMs - fromMs) / 2);
    const samples = await pMap(
      places,
      async (place) => [place.id, await this.#once(kept, place, { boundMs, latestMs })] as const,
      { concurrency: this.#options.parallel },
    );
    return new Map(samples);
  }

  /** A failed sample may be tried again as long as the bound is near. */
  async #once(kept: Map<string, Promise<Sampled<S>>>, place: P, { boundMs, latestMs }: Bound): Promise<Sampled<S>> {
    const known = await kept.get(place.id);
    const isLate = Date.now() > latestMs;
    if (known !== undefined && (isLate || !('failed' in known))) return known;
    if (isLate) return { failed: `there is no sample from ${new Date(boundMs).toISOString()}` };
    const sample = this.#options.sample(place);
    kept.set(place.id, sample);
    return sample;
  }

  #bound(boundMs: number): Map<string, Promise<Sampled<S>>> {
    const kept = this.#bounds.get(boundMs) ?? new Map<string, Promise<Sampled<S>>>();
    this.#bounds.set(boundMs, kept);
    const oldest = [...this.#bounds.keys()].sort((one, other) => one - other);
    for (const bound of oldest.slice(0, -this.#options.keptBounds)) this.#bounds.delete(bound);
    return kept;
  }
}
