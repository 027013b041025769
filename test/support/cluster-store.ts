/** The objects of the stand-in cluster, with their versions, and the work that follows a write a little later. */
import { isDeepStrictEqual } from 'node:util';
import type { ClusterObject, PodObject } from './cluster-objects.ts';

/** How long controllers and kubelets take for a step. */
const stepMs = 10;

export const podsPath = '/api/v1/namespaces/shop/pods';
export const deploymentsPath = '/apis/apps/v1/namespaces/shop/deployments';

export interface ImageContent {
  readonly version: string;
  readonly fault?: 'failStart' | 'lie' | 'deaf' | undefined;
  /** Its pull does not end, as long as this is so. */
  readonly isSlow?: boolean;
}

export class ClusterStore {
  /** What can be pulled, by name and digest. */
  readonly registry = new Map<string, ImageContent>();
  /** What was pulled. */
  readonly node = new Set<string>();
  /** By path. */
  readonly objects = new Map<string, ClusterObject>();
  /** Nobody follows a write until it is false again, and then all of them. */
  #isAsleep = false;
  readonly #follow: (store: ClusterStore, path: string) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #count = 100;

  /** `follow`: what controllers do after a write. */
  constructor(follow: (store: ClusterStore, path: string) => void) {
    this.#follow = follow;
  }

  next(): number {
    this.#count += 1;
    return this.#count;
  }

  /** A write that controllers follow. */
  put(path: string, object: ClusterObject): ClusterObject {
    const before = this.objects.get(path);
    const same = before !== undefined && isDeepStrictEqual(before.spec, object.spec);
    const generation = (before?.metadata.generation ?? 0) + (same ? 0 : 1);
    const stored = this.keep(path, { ...object, metadata: { ...object.metadata, generation } });
    this.soon(() => this.#isAsleep || this.#follow(this, path));
    return stored;
  }

  sleep(isAsleep: boolean): void {
    this.#isAsleep = isAsleep;
    if (!isAsleep) for (const path of [...this.objects.keys()]) this.#follow(this, path);
  }

  /** A write of a controller's own. */
  keep(path: string, object: ClusterObject): ClusterObject {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.next()) } };
    this.objects.set(path, stored);
    return stored;
  }

  podsOf(server: string): PodObject[] {
    return [...this.objects.values()].filter(
      (one): one is PodObject => one.kind === 'Pod' && one.metadata.labels?.server === server,
    );
  }

  soon(act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, stepMs);
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
