/** So many at a time; the others wait in the order they came. */
export type Gate = <Result>(run: () => Promise<Result>) => Promise<Result>;

export function createGate(places: number): Gate {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (run) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

const gates = new Map<string, Gate>();

/** The same gate for the same name and number, in the whole process: deployers are made anew for every activity. */
export function sharedGate(name: string, places: number): Gate {
  const key = `${name} ${places}`;
  const gate = gates.get(key) ?? createGate(places);
  gates.set(key, gate);
  return gate;
}
