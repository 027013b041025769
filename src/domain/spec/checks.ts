/** Sections `verify` and `hooks`: what is asked and run. */

export type Check = HttpCheck | CommandCheck;

export interface HttpCheck {
  readonly kind: 'http';
  readonly name: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Path with query, asked at a server or through the router. */
  readonly path: string;
  /** The test user who asks; only through the router. */
  readonly as?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly repeat: number;
  readonly timeoutMs: number;
  readonly expect: HttpExpectation;
}

export interface HttpExpectation {
  readonly status: number;
  /** The answer must come from the new version: the version probe's fields in the body, or asked apart. */
  readonly version: boolean;
  /** Header → exact value, or `/pattern/`. */
  readonly headers: Readonly<Record<string, string>>;
  /** `$.field.path` → exact JSON value. */
  readonly json: Readonly<Record<string, string | number | boolean | null>>;
  /** Slower answers fail. */
  readonly latencyMs?: number;
}

/** The user's own script: an argument array, never a shell string; exit 0 passes. */
export interface CommandCheck {
  readonly kind: 'command';
  readonly name: string;
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly timeoutMs: number;
}

/** Idempotent commands of the user's, such as migrations; a hook may run twice. */
export interface HooksSpec {
  readonly beforeDeployment?: CommandCheck;
  readonly beforeRollback?: CommandCheck;
  readonly afterWatch?: CommandCheck;
}
