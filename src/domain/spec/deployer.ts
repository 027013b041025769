/** Section `deployer`: what puts a build on a server, by kind. */

export type DeployerSpec =
  | MemoryDeployerSpec
  | ProcessDeployerSpec
  | CommandDeployerSpec
  | SshDeployerSpec
  | ContainerDeployerSpec
  | KubernetesDeployerSpec;

export interface MemoryDeployerSpec {
  readonly kind: 'memory';
}

/** Starts, drains, stops and replaces server processes on this machine. */
export interface ProcessDeployerSpec {
  readonly kind: 'process';
  /** Directory that holds one folder per server: releases, base record, lock, log. */
  readonly dir: string;
  /** Program and arguments, run in the unpacked artifact; `{host}`, `{port}`, `{server}`, `{version}`, `{digest}` are replaced. */
  readonly start: readonly string[];
  /** Environment variables passed on to the server, by name. */
  readonly env: readonly string[];
  /** From SIGTERM to SIGKILL. */
  readonly stopMs: number;
  /** From start until the version probe answers. */
  readonly readyMs: number;
}

/** The user's own program: request as JSON on standard input, answer as JSON on standard output. */
export interface CommandDeployerSpec {
  readonly kind: 'command';
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly timeoutMs: number;
}

/** Over SSH: on each server a folder with releases and a link `current`, and a service that is restarted. */
export interface SshDeployerSpec {
  readonly kind: 'ssh';
  /** Folder of a server on its host; `{server}`, `{host}` and `{port}` are replaced, here and in all that follows. */
  readonly dir: string;
  readonly service: SshService;
  /** Prints what the version probe would get, on the server itself. Absent: the worker asks over HTTP. */
  readonly ask?: readonly string[];
  readonly user?: string;
  readonly port?: number;
  /** Private key; absent: the agent's keys, and those of the client's configuration. */
  readonly identityFile?: string;
  readonly knownHostsFile?: string;
  readonly configFile?: string;
  /** `acceptNew` believes the key of a host that was never met; a changed key is always refused. */
  readonly hostKeys: 'known' | 'acceptNew';
  /** Builds kept; current and base are kept beside them. */
  readonly keep: number;
  /** SSH sessions of one worker at a time. */
  readonly sessions: number;
  readonly connectMs: number;
  /** Longest upload or restart of one server. */
  readonly stepMs: number;
  /** From the restart until the version probe answers. */
  readonly readyMs: number;
}

export type SshService = SystemdService | CommandService;

export interface SystemdService {
  readonly unit: string;
  /** How `systemctl restart` is allowed: by sudo, to the user itself, or by its own user manager. */
  readonly as: 'sudo' | 'self' | 'user';
}

/** Argument vectors, run on the server. */
export interface CommandService {
  readonly restart: readonly string[];
  /** Prints the id of the server's process. Absent: that the process is a new one is not checked. */
  readonly pid?: readonly string[];
  /** Prints the last lines of the server's log. */
  readonly log?: readonly string[];
}

/** `deploy` of a server in the release file, where it differs from the others. */
export interface SshServerSpec {
  /** Absent: the host of the server's address. */
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly dir?: string;
  readonly unit?: string;
}

/** Containers of Docker or Podman, by the API on its Unix socket. `deploy` of a server: its own `socket`, a container to `adopt`. */
export interface ContainerDeployerSpec {
  readonly kind: 'container';
  readonly socket: string;
  /** `host`, or a network of the engine. */
  readonly network: string;
  /** Inside the container, published on the server's port; absent: the container listens on the host's own. */
  readonly port?: number;
  readonly hostIp?: string;
  /** `{host}`, `{port}`, `{server}`, `{target}`, `{version}` and `{digest}` are replaced, in `mounts` too. */
  readonly command?: readonly string[];
  /** Environment variables of the worker passed on, by name. */
  readonly env: readonly string[];
  /** `source:target[:options]` */
  readonly mounts: readonly string[];
  /** Further fields of the engine's create call. */
  readonly create?: Readonly<Record<string, unknown>>;
  /** Variable with the credentials of the registry, as JSON. */
  readonly registryAuthEnv?: string;
  /** The new version runs first on the port this much higher, beside the old one. Absent: it does not. */
  readonly trialPortOffset?: number;
  readonly restart: 'unless-stopped' | 'always' | 'on-failure' | 'no';
  readonly stopMs: number;
  readonly readyMs: number;
  readonly pullMs: number;
}

/** A Deployment or a pod per server, its image changed through the API server. `deploy` of a server: the `name` of its object. */
export interface KubernetesDeployerSpec {
  readonly kind: 'kubernetes';
  /** Absent: the service account of the pod we run in. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  /** `pod`: changed in place. */
  readonly workload: 'deployment' | 'pod';
  /** Absent: the only one. */
  readonly container?: string;
  /** A pod that runs nothing shows first that the image can be pulled. */
  readonly pullCheck: boolean;
  readonly readyMs: number;
  readonly pullMs: number;
}
