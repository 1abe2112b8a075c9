import { freshRandom } from './random.ts';
import type { Shard } from './storage/record-store.ts';
import { shardFromText, shardToText } from './storage/shards.ts';

/** Ids carry their kind as a visible prefix: `usr_…`. Those that must be found without their tenant carry its shard too. */
const PREFIXES = {
  tenant: 'ten',
  user: 'usr',
  app: 'app',
  version: 'ver',
  delegation: 'del',
  grant: 'gnt',
  family: 'fam',
  operator: 'opr',
  resourceServer: 'rs',
  role: 'rol',
  group: 'grp',
  session: 'sid',
  membership: 'mbr',
  review: 'rev',
  installation: 'ins',
  context: 'ctx',
  job: 'job',
  jwt: 'jwt',
} as const;

type Kind = keyof typeof PREFIXES;
type Id<K extends Kind> = string & { readonly __kind: K };

export type TenantId = Id<'tenant'>;
export type UserId = Id<'user'>;
/** The OAuth `client_id` of an app. */
export type AppId = Id<'app'>;
export type VersionId = Id<'version'>;
export type DelegationId = Id<'delegation'>;
export type GrantId = Id<'grant'>;
export type FamilyId = Id<'family'>;
export type OperatorId = Id<'operator'>;
export type ResourceServerId = Id<'resourceServer'>;
export type RoleId = Id<'role'>;
export type GroupId = Id<'group'>;
export type ReviewId = Id<'review'>;
/** Names something people are in together, a meeting say. It cannot be guessed (R9). */
export type ContextId = Id<'context'>;
export type JobId = Id<'job'>;
/** The `sub` of tenant tokens. */
export type InstallationId = Id<'installation'>;
/** Names a session in lists and as `uid`; it is not the cookie and opens nothing. */
export type SessionId = Id<'session'>;
/** One stay of a user in a tenant: leaving and coming back gives another. */
export type MembershipId = Id<'membership'>;

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A whole number as exactly `length` base-62 digits. */
export function base62(number: number, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest = Math.floor(rest / 62)) text = BASE62[rest % 62]! + text;
  return text;
}

/** The digits in random bytes, each of the 62 equally likely: at most `most`, on average 31 from 32 bytes. */
export function base62In(bytes: Uint8Array, most: number): string {
  let text = '';
  for (const byte of bytes) {
    const digit = byte & 63;
    if (digit < 62 && text.length < most) text += BASE62[digit];
  }
  return text;
}

/** Random digits: 43 hold 256 bits, 22 hold 130. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) text += base62In(freshRandom(length + (length >> 1)), length - text.length);
  return text;
}

/** A new id with 128 random bits; with `shard`, the shard stands in the id and `shardOfId` reads it back. */
export function newId<K extends Kind>(kind: K, shard?: Shard): Id<K> {
  return `${PREFIXES[kind]}_${shard === undefined ? '' : shardToText(shard)}${randomBase62(22)}` as Id<K>;
}

/** The shard in an id that was made with one, or `undefined` for any other text. */
export function shardOfId(kind: Kind, id: string): Shard | undefined {
  const prefix = `${PREFIXES[kind]}_`;
  if (!id.startsWith(prefix) || id.length !== prefix.length + 24) return undefined;
  return shardFromText(id.slice(prefix.length, prefix.length + 2));
}
