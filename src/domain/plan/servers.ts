import type { PlannedServer, PlanStep } from '../plan.ts';
import type { Address, ServerSpec } from '../server.ts';
import type { ReleaseSpec } from '../spec.ts';

/** Every server, and the wave in which it gets the new version. */
export function planServers(spec: ReleaseSpec, steps: readonly PlanStep[]): PlannedServer[] {
  const waves = new Map<string, number>();
  steps
    .filter((step) => step.servers.length > 0)
    .forEach(({ servers }, wave) => {
      for (const id of servers) waves.set(id, wave);
    });
  return spec.servers.map((server) => ({
    id: server.id,
    address: addressText(server.address),
    zone: server.zone ?? null,
    weight: server.weight,
    role: roleOf(server),
    wave: waves.get(server.id) ?? null,
  }));
}

function roleOf({ gray, spare }: ServerSpec): PlannedServer['role'] {
  if (gray) return spare ? 'gray spare' : 'gray';
  return spare ? 'spare' : 'stable';
}

const addressText = ({ host, port }: Address): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
