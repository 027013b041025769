/** The port to people. A notifier may fail; it never blocks a release. */

export interface Notifier {
  /** Delivers once or more often; throws when it could not. */
  notify(event: ReleaseEvent): Promise<void>;
}

export interface ReleaseEvent {
  /** Stable word for machines, such as `gateWaiting` or `rolledBack`. */
  readonly kind: string;
  readonly target: string;
  readonly release: string;
  readonly version: string;
  /** One sentence for people. */
  readonly text: string;
  readonly severity: 'info' | 'warning' | 'alarm';
  /** Workflow time, ISO 8601. */
  readonly at: string;
  /** The same event sent twice has the same id. */
  readonly id: string;
}
