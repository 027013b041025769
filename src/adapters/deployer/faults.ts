/** How deployers word what went wrong. */
import type { Artifact, RunningVersion } from '../../domain/artifact.ts';
import { GrayError } from '../../domain/errors.ts';

export const deployFailed = (server: string, artifact: Artifact, reason: string, cause?: unknown): GrayError =>
  new GrayError('deployFailed', `${server}: ${artifact.version} was not deployed: ${reason}`, {
    details: { server, version: artifact.version, digest: artifact.digest },
    cause,
  });

export const artifactMissing = (artifact: Artifact, reason: string, cause?: unknown): GrayError =>
  new GrayError('artifactMissing', `${artifact.version}: ${reason}`, {
    details: { version: artifact.version, digest: artifact.digest },
    cause,
  });

export const versionMismatch = (server: string, asked: Artifact, running: RunningVersion): GrayError =>
  new GrayError(
    'versionMismatch',
    `${server} reports ${running.version} (${running.digest}) after ${asked.version} (${asked.digest}) was deployed`,
    { details: { server, asked: { version: asked.version, digest: asked.digest }, running } },
  );
