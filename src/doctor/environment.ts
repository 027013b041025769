/** Environment variables that the release file names. They are read by the worker, so run this where it runs. */
import { routersIn } from '../domain/routers.ts';
import type { Check, ReleaseSpec } from '../domain/spec.ts';
import { type Finding, fail, ok } from './finding.ts';

export function examineEnvironment(spec: ReleaseSpec, env: NodeJS.ProcessEnv): Finding[] {
  const named = [...new Set(namedVariables(spec))];
  if (named.length === 0) return [ok('environment', 'the file names no environment variable')];
  return named.map((name) =>
    (env[name] ?? '') === ''
      ? fail(
          'environment',
          `${name} is not set here`,
          `set ${name} for the worker (and here, if the worker runs elsewhere)`,
        )
      : ok('environment', `${name} is set`),
  );
}

/** Every variable the file names, in the order of the file. */
export function namedVariables(spec: ReleaseSpec): string[] {
  const { router, deployer, metrics, notify, verify, hooks } = spec;
  const hookList = [hooks.beforeDeployment, hooks.beforeRollback, hooks.afterWatch].flatMap((hook) => hook ?? []);
  return [
    ...routersIn(router).flatMap((one) => (one.router.kind === 'embedded' ? listed(one.router.tokenEnv) : [])),
    ...('env' in deployer ? deployer.env : []),
    ...(deployer.kind === 'container' ? listed(deployer.registryAuthEnv) : []),
    ...(metrics.kind === 'prometheus' ? listed(metrics.tokenEnv) : []),
    ...[...verify.deployment, ...verify.gray, ...hookList].flatMap(variablesOf),
    ...notify.flatMap((notifier) => (notifier.kind === 'webhook' ? [notifier.urlEnv] : [])),
  ];
}

const listed = (name: string | undefined): string[] => (name === undefined ? [] : [name]);

const variablesOf = (check: Check): readonly string[] => (check.kind === 'command' ? check.env : []);
