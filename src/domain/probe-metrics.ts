/** Metrics that the release makes for itself, for targets with too little traffic of their own. */
export const probeMetrics = ['probe-failed', 'probe-slow'] as const;

export const isProbeMetric = (metric: string): boolean => probeMetrics.some((known) => known === metric);
