/** The sections of a wrong file that are right by themselves. */
import type { z } from 'zod';
import { type GoodSections, sections } from './file.ts';

/** Only those that a cross-check looks at. */
export function goodSections(value: unknown): GoodSections {
  const file = new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
  const good = <S extends z.ZodType>(schema: S, key: keyof typeof sections): z.output<S> | undefined =>
    schema.safeParse(file.get(key)).data;
  return {
    servers: good(sections.servers, 'servers'),
    artifact: good(sections.artifact, 'artifact'),
    router: good(sections.router, 'router'),
    deployer: good(sections.deployer, 'deployer'),
    metrics: good(sections.metrics, 'metrics'),
    verify: good(sections.verify, 'verify'),
    audience: good(sections.audience, 'audience'),
    ramp: good(sections.ramp, 'ramp'),
    judge: good(sections.judge, 'judge'),
    data: file.has('data') ? good(sections.data, 'data') : undefined,
    capacity: good(sections.capacity, 'capacity'),
    leveling: good(sections.leveling, 'leveling'),
    notify: good(sections.notify, 'notify'),
  };
}
