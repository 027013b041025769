/** The resolved judge, as it travels into the workflow. */
import { z } from 'zod';
import type { JudgeSpec } from '../../domain/spec.ts';
import { kayentaRequest } from '../judge-kayenta.ts';
import { decimal, metricName, named, oneOf, section, whole } from '../scalars.ts';
import { milliseconds } from './scalars.ts';

const shared = {
  role: oneOf(['required', 'guard']),
  maxRate: z.number().gt(0).max(1).exactOptional(),
  minSample: whole(1, 1_000_000_000),
};

const sequential = section({
  kind: z.literal('sequential'),
  alpha: decimal(0.000001, 0.5),
  beta: decimal(0.000001, 0.5),
  metrics: named(
    'a metric name',
    metricName,
    section({
      ...shared,
      margin: decimal(1, 100),
      passMargin: decimal(1.01, 1000).exactOptional(),
      stopAbove: z.number().gt(0).max(1).exactOptional(),
      weight: decimal(0.001, 1000),
      dispersion: z.union([oneOf(['measured', 'clients']), decimal(1, 1000)]),
    }),
  ),
  sampleRatio: decimal(1.05, 100).nullable(),
  staleMs: milliseconds(),
});

const threshold = section({
  kind: z.literal('threshold'),
  metrics: named(
    'a metric name',
    metricName,
    section({ ...shared, maxRatio: decimal(1, 1000).exactOptional() }).refine(
      (value) => value.maxRate !== undefined || value.maxRatio !== undefined,
      { error: 'expected maxRate, maxRatio or both, found neither' },
    ),
  ),
  staleMs: milliseconds(),
});

const fraction = () => z.number().gt(0).max(1);
const counter = () => whole(0, 1_000_000);

const limits = section({
  kind: z.literal('limits'),
  metrics: named(
    'a metric name',
    metricName,
    section({
      role: shared.role,
      minSample: shared.minSample,
      ...{ failAbove: fraction(), passBelow: fraction(), count: whole(1, 1_000_000) },
      ...{ failureLimit: counter(), inconclusiveLimit: counter(), consecutiveErrorLimit: counter() },
    }),
  ),
  staleMs: milliseconds(),
});

export const judge: z.ZodType<JudgeSpec> = z.discriminatedUnion('kind', [
  sequential,
  threshold,
  limits,
  kayentaRequest,
]);
