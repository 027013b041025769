/** Section `router`: what splits the traffic, by kind. */

/** Where a request's identity is read from: the header first, then the cookie. */
export interface IdentitySpec {
  readonly header?: string;
  readonly cookie?: string;
  /** Headers of segments, in lower case; absent: none. */
  readonly segments?: readonly string[];
}

export type RouterSpec = SingleRouterSpec | SeveralRouterSpec;

export type SingleRouterSpec =
  | MemoryRouterSpec
  | EmbeddedRouterSpec
  | HaproxyRouterSpec
  | CaddyRouterSpec
  | EnvoyRouterSpec
  | KubernetesGatewayRouterSpec
  | NginxRouterSpec;

/** Every one of them stands before all servers of the target, each with entrances of its own. */
export interface SeveralRouterSpec {
  readonly kind: 'several';
  /** At least two, in the order of the release file. */
  readonly routers: readonly NamedRouter[];
}

export interface NamedRouter {
  readonly name: string;
  readonly router: SingleRouterSpec;
}

export interface MemoryRouterSpec {
  readonly kind: 'memory';
  readonly identity: IdentitySpec;
}

/** The project's own router process; see `gray router`. */
export interface EmbeddedRouterSpec {
  readonly kind: 'embedded';
  readonly identity: IdentitySpec;
  /** Unix socket path, or a loopback URL together with `tokenEnv`. */
  readonly admin: string;
  /** Environment variable that holds the admin token. */
  readonly tokenEnv?: string;
  /** Base URL of the public entrance, for gray verification. */
  readonly entrance: string;
  /** Base URL of the loopback probe entrance: same rules, identity headers always trusted, kept out of metrics. */
  readonly probe: string;
}

export interface HaproxyRouterSpec {
  readonly kind: 'haproxy';
  readonly identity: IdentitySpec;
  readonly entrance: string;
  readonly instances: readonly HaproxyInstance[];
}

export interface HaproxyInstance {
  /** Admin socket of HAProxy, `level admin`. */
  readonly socket: string;
  /** Map file that holds this target's split; one per target. */
  readonly map: string;
  /** The file that `server-state-file-name` (or `server-state-file`) names; one per target. */
  readonly stateFile: string;
  /** Backend names of the pools a and b. */
  readonly backends: { readonly a: string; readonly b: string };
  /** Base URL of the loopback probe entrance. */
  readonly probe: string;
}

/** Caddy asks a decider of ours which server each request goes to; see `gray decider`. */
export interface CaddyRouterSpec {
  readonly kind: 'caddy';
  readonly identity: IdentitySpec;
  /** Caddy's admin side, only read: a Unix socket path or a loopback URL. */
  readonly admin: string;
  /** The decider's admin side: a Unix socket path, or a loopback URL together with `tokenEnv`. */
  readonly decider: string;
  /** Environment variable that holds the decider's admin token. */
  readonly tokenEnv?: string;
  readonly entrance: string;
  /** Base URL of the loopback probe site. */
  readonly probe: string;
}

/** Envoy follows files that a release writes; `envoy/gray.lua` of this project decides in it. */
export interface EnvoyRouterSpec {
  readonly kind: 'envoy';
  readonly identity: IdentitySpec;
  /** Envoy's admin side, only read: a Unix socket path or a loopback URL. */
  readonly admin: string;
  /** Directory of the files that a release writes; one per target. */
  readonly dir: string;
  readonly entrance: string;
  /** Base URL of the loopback probe entrance. */
  readonly probe: string;
}

/** One HTTPRoute and two Services of a target, changed through the API server. */
export interface KubernetesGatewayRouterSpec {
  readonly kind: 'kubernetes-gateway';
  /** The header; a cookie cannot be matched. */
  readonly identity: IdentitySpec;
  /** Header in which the edge sends `<salt>.<bucket>`. */
  readonly bucketHeader: string;
  /** Not said: the service account of the pod we run in. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  /** Name of the HTTPRoute. */
  readonly route: string;
  /** Names of the Services of the pools a and b. */
  readonly services: { readonly a: string; readonly b: string };
  readonly port: number;
  /** Label selector of the target's pods; each is named like its server. */
  readonly pods: string;
  readonly entrance: string;
  /** Base URL of an entrance of the gateway that believes identity and bucket headers. */
  readonly probe: string;
}

export type NginxRouterSpec = NginxLuaRouterSpec | NginxReloadRouterSpec;

/** nginx with the Lua module; `nginx/gray.lua` of this project decides in it. */
export interface NginxLuaRouterSpec {
  readonly kind: 'nginx';
  readonly mode?: 'lua';
  readonly identity: IdentitySpec;
  /** The admin side: a Unix socket path, or a loopback URL together with `tokenEnv`. */
  readonly admin: string;
  /** Environment variable that holds the admin token. */
  readonly tokenEnv?: string;
  readonly entrance: string;
  /** Base URL of the loopback probe entrance. */
  readonly probe: string;
}

/** Stock nginx: a file that its configuration includes is written anew, tested, and nginx reloaded. */
export interface NginxReloadRouterSpec {
  readonly kind: 'nginx';
  readonly mode: 'reload';
  readonly identity: IdentitySpec;
  /** The main configuration file; it names `include`. */
  readonly config: string;
  /** The file that the release writes; one per target. */
  readonly include: string;
  /** Where nginx keeps the id of its master process. */
  readonly pid: string;
  /** How nginx is called to test a configuration, as an argument array. */
  readonly program: readonly string[];
  /** What reloads nginx; absent: a signal to its master process. */
  readonly reload?: readonly string[];
  readonly entrance: string;
  /** Base URL of the loopback probe entrance. */
  readonly probe: string;
  /** Base URL of the loopback server that tells the generation. */
  readonly status: string;
}
