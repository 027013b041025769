/** What the configuration Caddy runs with says about a target, wherever it stands in it. */
import { z } from 'zod';

const proxySchema = z.object({
  handler: z.literal('reverse_proxy'),
  upstreams: z.array(z.object({ dial: z.string() })),
});

const chosenSchema = z.object({
  match: z.array(z.object({ header: z.record(z.string(), z.array(z.string()).nullable()) })),
  handle: z.array(z.unknown()),
});

const roadSchema = z.object({
  file: z.object({ root: z.string(), try_files: z.array(z.string()).min(1) }),
});

const cleanedSchema = z.object({ request: z.object({ delete: z.array(z.string()) }) });

export interface RunningConfig {
  /** The addresses that requests with `X-Gray-Server: <id>` go to, by id. */
  readonly chosen: ReadonlyMap<string, readonly string[]>;
  /** Directories of the way to stable. */
  readonly roads: readonly string[];
  /** The endings of the files looked for there: server ids. */
  readonly onRoad: ReadonlySet<string>;
  /** Headers from outside are removed. */
  readonly cleaned: boolean;
}

export function runningConfig(json: unknown): RunningConfig {
  const chosen = new Map<string, string[]>();
  const roads = new Set<string>();
  const onRoad = new Set<string>();
  let cleaned = false;
  for (const part of partsOf(json)) {
    for (const { id, address } of chosenIn(part)) chosen.set(id, [...(chosen.get(id) ?? []), address]);
    const road = roadSchema.safeParse(part).data?.file;
    if (road !== undefined) {
      roads.add(road.root);
      for (const path of road.try_files) onRoad.add(path.replace(/^\/\{[^}]*\}-/, ''));
    }
    const removed = cleanedSchema.safeParse(part).data?.request.delete ?? [];
    if (removed.some((name) => name.toLowerCase() === 'x-gray-*')) cleaned = true;
  }
  return { chosen, roads: [...roads], onRoad, cleaned };
}

function chosenIn(part: unknown): { readonly id: string; readonly address: string }[] {
  const route = chosenSchema.safeParse(part).data;
  const ids = route?.match.flatMap(({ header }) => header['X-Gray-Server'] ?? []) ?? [];
  const addresses = [...partsOf(route?.handle)].flatMap(
    (inner) => proxySchema.safeParse(inner).data?.upstreams.map(({ dial }) => dial) ?? [],
  );
  return ids.flatMap((id) => addresses.map((address) => ({ id, address })));
}

/** Every object in `value`, itself included. */
function* partsOf(value: unknown): Generator<object> {
  if (typeof value !== 'object' || value === null) return;
  yield value;
  for (const inner of Object.values(value)) yield* partsOf(inner);
}
