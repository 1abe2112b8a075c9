import type { ResourceServerId } from '#src/ids.ts';

/** A platform API. Its `id` and secret are the credentials with which it introspects tokens. */
export interface ResourceServer {
  readonly id: ResourceServerId;
  readonly name: string;
  /** Its audience and resource indicator (RFC 8707): an absolute URI without fragment. */
  readonly audience: string;
  readonly tokenFormat: 'opaque' | 'jwt';
  readonly secretDigest: string;
  readonly createdAt: string;
}
