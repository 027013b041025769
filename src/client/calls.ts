/** Every call to Temporal has a limit, and every fault of it becomes an error of ours. */
import { type Client, isGrpcDeadlineError, isGrpcServiceError, NamespaceNotFoundError } from '@temporalio/client';
import { GrayError } from '../domain/errors.ts';

/** A call that is answered from the server's own memory or disk. */
export const callMs = 5_000;

/** Runs `call` under a limit of `ms`. Throws `temporalUnreachable`, or what `call` throws for other reasons. */
export async function within<T>(client: Client, ms: number, call: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + ms, call);
  } catch (error) {
    throw unreachable(error, addressOf(client)) ?? error;
  }
}

export const addressOf = ({ connection }: Client): string => {
  const options: unknown = 'options' in connection ? connection.options : undefined;
  const named = typeof options === 'object' && options !== null && 'address' in options ? options.address : undefined;
  return typeof named === 'string' ? named : 'the configured address';
};

/** The error for a server that does not answer, turns us away or lacks the namespace; null for any other. */
export function unreachable(error: unknown, address: string): GrayError | null {
  const say = (text: string) => new GrayError('temporalUnreachable', text, { cause: error, details: { address } });
  if (error instanceof NamespaceNotFoundError) return say(`Temporal at ${address} has no namespace ${error.namespace}`);
  if (isGrpcDeadlineError(error)) return say(`Temporal at ${address} did not answer in time`);
  switch (grpcCode(error)) {
    case grpc.cancelled: // a limit that ran out on the way shows up as this
    case grpc.unavailable:
    case grpc.deadlineExceeded:
      return say(`no Temporal server answers at ${address}`);
    case grpc.unauthenticated:
    case grpc.permissionDenied:
      return say(`Temporal at ${address} refuses the credentials of this profile`);
    default:
      return null;
  }
}

/** The numbers of the gRPC protocol. */
export const grpc = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  failedPrecondition: 9,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The gRPC code of an error or of what caused it. */
export function grpcCode(error: unknown): number | null {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && error.cause !== undefined ? grpcCode(error.cause) : null;
}

/** The deepest message, which is the server's own. */
export function serverSays(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? serverSays(error.cause) : error.message.replace(/^\d+ [A-Z_]+: /, '');
}
