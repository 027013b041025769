/**
 * Servers that exist only in this process, one fleet per target: the memory deployer changes them, and tests, the memory
 * router and the memory metrics look at the same ones. Faults are injected here.
 */
import type { Artifact, RunningVersion } from '../../domain/artifact.ts';

export interface MemoryServer {
  /** What the deployer last put there; null for an empty server. */
  current: Artifact | null;
  /** Changes whenever the process is replaced; null while it is dead. */
  pid: number | null;
  base: { readonly release: string; readonly artifact: Artifact | null } | null;
  fence: number;
  /** Every deploy that changed the server, oldest first. */
  readonly changes: { readonly artifact: Artifact; readonly fence: number }[];
  readonly faults: ActiveFault[];
  readonly waiting: (() => void)[];
}

/** What goes wrong. `digest` limits it to one build, `times` to so many deploys (default: for ever). */
export type MemoryFault = {
  readonly kind: /** Throws before anything changed. */
    | 'fail'
    /** Changes the server, then throws as if the reply was lost. */
    | 'loseReply'
    /** The process ends as soon as it was started. */
    | 'die'
    /** The process reports `version`. */
    | 'lie'
    /** Waits until `heal`, or until the order's signal fires: a frozen writer. */
    | 'hang';
  readonly digest?: string;
  readonly times?: number;
  readonly version?: string;
};

interface ActiveFault {
  readonly fault: MemoryFault;
  left: number;
}

export interface MemoryFleet {
  server(id: string): MemoryServer;
  /** What the process says; null when it is dead. */
  running(id: string): RunningVersion | null;
  /** Puts a first version on servers, outside of any release. */
  install(ids: readonly string[], artifact: Artifact): void;
  start(id: string): void;
  kill(id: string): void;
  inject(id: string, fault: MemoryFault): void;
  /** Takes one use of the first fault of this kind that applies; null when there is none. */
  strike(id: string, kind: MemoryFault['kind'], digest: string): MemoryFault | null;
  /** No more faults; who hangs goes on. */
  heal(id: string): void;
  /** Resolves at the next `heal`. */
  healed(id: string): Promise<void>;
  /** From now on this build can be had nowhere. */
  lose(digest: string): void;
  isLost(digest: string): boolean;
}

const fleets = new Map<string, MemoryFleet>();

/** The fleet of a target; made when first asked for. */
export function memoryFleet(target: string): MemoryFleet {
  const known = fleets.get(target);
  if (known !== undefined) return known;
  const fleet = createFleet();
  fleets.set(target, fleet);
  return fleet;
}

export const forgetMemoryFleet = (target: string): void => void fleets.delete(target);

let lastPid = 0;

function createFleet(): MemoryFleet {
  const servers = new Map<string, MemoryServer>();
  const lost = new Set<string>();
  const server = (id: string): MemoryServer => {
    const found = servers.get(id) ?? emptyServer();
    servers.set(id, found);
    return found;
  };
  const start = (id: string) => {
    lastPid += 1;
    server(id).pid = lastPid;
  };
  return {
    server,
    start,
    running: (id) => runningOn(server(id)),
    install: (ids, artifact) => {
      for (const id of ids) {
        server(id).current = artifact;
        start(id);
      }
    },
    kill: (id) => {
      server(id).pid = null;
    },
    inject: (id, fault) => {
      server(id).faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
    },
    strike: (id, kind, digest) => strike(server(id), kind, digest),
    heal: (id) => {
      server(id).faults.length = 0;
      for (const goOn of server(id).waiting.splice(0)) goOn();
    },
    healed: (id) => new Promise((resolve) => server(id).waiting.push(resolve)),
    lose: (digest) => void lost.add(digest),
    isLost: (digest) => lost.has(digest),
  };
}

const emptyServer = (): MemoryServer => ({
  current: null,
  pid: null,
  base: null,
  fence: 0,
  changes: [],
  faults: [],
  waiting: [],
});

function runningOn(server: MemoryServer): RunningVersion | null {
  if (server.pid === null || server.current === null) return null;
  const { version, digest } = server.current;
  const lie = server.faults.find(({ fault }) => fault.kind === 'lie' && appliesTo(fault, digest))?.fault;
  return { version: lie?.version ?? version, digest };
}

function strike(server: MemoryServer, kind: MemoryFault['kind'], digest: string): MemoryFault | null {
  const found = server.faults.find(({ fault, left }) => fault.kind === kind && left > 0 && appliesTo(fault, digest));
  if (found === undefined) return null;
  found.left -= 1;
  return found.fault;
}

const appliesTo = (fault: MemoryFault, digest: string): boolean =>
  fault.digest === undefined || fault.digest === digest;
