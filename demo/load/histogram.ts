/** Latencies in buckets that grow by a tenth: a quantile is never more than ten percent too high. */

const growth = Math.log(1.1);

export interface Quantiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export class Histogram {
  readonly #buckets: number[] = [];
  #count = 0;
  #maxMs = 0;

  add(ms: number): void {
    const bucket = ms <= 0.1 ? 0 : Math.ceil(Math.log(ms / 0.1) / growth);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  quantiles(): Quantiles {
    return { p50Ms: this.#quantile(0.5), p99Ms: this.#quantile(0.99), maxMs: rounded(this.#maxMs) };
  }

  #quantile(part: number): number {
    let seen = 0;
    for (const [bucket, count] of this.#buckets.entries()) {
      seen += count ?? 0;
      if (seen > 0 && seen >= part * this.#count) return rounded(Math.min(upperBoundMs(bucket), this.#maxMs));
    }
    return 0;
  }
}

const upperBoundMs = (bucket: number): number => 0.1 * Math.exp(bucket * growth);
const rounded = (ms: number): number => Math.round(ms * 10) / 10;
