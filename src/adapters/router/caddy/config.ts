/** The Caddyfile a target needs. Every request is decided by `gray decider`; without it, files show the way to stable. */
import type { ServerSpec } from '../../../domain/server.ts';

export interface CaddyConfigOrder {
  readonly target: string;
  readonly servers: readonly ServerSpec[];
  /** Address of Caddy's admin side: `unix//path` or `localhost:2019`. */
  readonly admin: string;
  /** Address of the public site. */
  readonly entrance: string;
  /** Address of the probe site, on loopback. */
  readonly probe: string;
  /** `host:port` where `gray decider` answers. */
  readonly decisions: string;
  /** The decider's directory `road`. */
  readonly road: string;
}

/** A whole Caddyfile. */
export const caddyConfig = (order: CaddyConfigOrder): string =>
  [globalBlock(order), decide(order), serve(order), stable(order), rules(order), errors(order), ...sites(order)]
    .join('\n\n')
    .concat('\n');

const globalBlock = ({ admin }: CaddyConfigOrder): string => `{
	admin ${admin}
	auto_https disable_redirects
}`;

const told = ['Server', 'Pool', 'Arm', 'Fence', 'Period', 'Fallback'] as const;

const decide = ({ target, decisions }: CaddyConfigOrder): string => `# Asks which server this request goes to.
(${target}_decide) {
	reverse_proxy ${decisions} {
		method GET
		rewrite /decide
		header_up X-Gray-Tried {http.request.header.X-Gray-Server}
		header_up X-Gray-Method {http.request.method}
		header_up -Connection
		header_up -Upgrade
		# one that hangs or fails is left alone for a second: everybody goes to stable at once
		fail_duration 1s
		max_fails 3
		transport http {
			dial_timeout 200ms
			response_header_timeout 1s
			keepalive_idle_conns_per_host 256
		}
		@${target}_decided status 200
		handle_response @${target}_decided {
${told.map((name) => `			request_header X-Gray-${name} {http.reverse_proxy.header.X-Gray-${name}}`).join('\n')}
		}
		handle_response {
			request_header -X-Gray-Server
		}
	}
}`;

const serve = ({ target, servers }: CaddyConfigOrder): string => `# One line for each server, by its id.
(${target}_serve) {
${servers
  .map(
    ({ id, address }, n) => `	@${target}_${n} header X-Gray-Server ${id}
	reverse_proxy @${target}_${n} ${address.host}:${address.port}`,
  )
  .join('\n')}
	error 503
}`;

const stable = ({
  target,
  servers,
  road,
}: CaddyConfigOrder): string => `# Nobody decided: to a stable server, by the files.
(${target}_stable) {
	map {http.request.uuid} {${target}_slot} {
		~^(..) "\${1}"
	}
${servers
  .map(
    ({ id, address }, n) => `	@${target}_road_${n} file {
		root ${road}/current
		try_files /{${target}_slot}-${id}
	}
	reverse_proxy @${target}_road_${n} ${address.host}:${address.port}`,
  )
  .join('\n')}
	respond 503
}`;

const rules = ({ target }: CaddyConfigOrder): string => `# What comes from outside decides nothing.
(${target}) {
	request_header -X-Gray-*
	import ${target}_decide
	import ${target}_serve
}`;

const errors = ({ target }: CaddyConfigOrder): string => `# Who may ask twice gets another server. No decision: stable.
(${target}_errors) {
	@${target}_again expression \`{http.request.header.X-Gray-Server} != "" && {http.error.status_code} in [502, 503, 504] && {http.request.method} in ["GET", "HEAD", "OPTIONS"]\`
	@${target}_undecided header !X-Gray-Server
	route @${target}_again {
		import ${target}_decide
		import ${target}_serve
	}
	route @${target}_undecided {
		import ${target}_stable
	}
	respond {http.error.status_code}
}`;

function sites(order: CaddyConfigOrder): string[] {
  const { target, entrance, probe } = order;
  return [
    `${entrance} {
	route {
		import ${target}
	}
	handle_errors {
		import ${target}_errors
	}
}`,
    `# Probes: the same rules, told in headers; on loopback, because it believes every identity header.
${probe} {
	bind 127.0.0.1
	route {
		request_header -X-Gray-*
		request_header X-Gray-Probe 1
		import ${target}_decide
		header {
			defer
${told.map((name) => `			X-Gray-${name} {http.request.header.X-Gray-${name}}`).join('\n')}
		}
		import ${target}_serve
	}
	handle_errors {
		import ${target}_errors
	}
}`,
  ];
}
