import { checksumHolds, ENDING, withSecret } from '#src/credential-text.ts';
import type { Shard } from '#src/storage/record-store.ts';
import { shardFromText, shardToText } from '#src/storage/shards.ts';

/**
 * The text of every bearer credential that Assent mints:
 *
 *     assent_<kind>_<shard, 2 hex digits><name, if the kind has one><256 random bits, 43 base-62 digits><CRC-32, 6 digits>
 *
 * The prefix tells secret scanners what it is. The checksum makes a mistyped or truncated one cost no storage read.
 */
const KINDS = {
  code: { prefix: 'assent_ac_', name: 0 },
  userAccessToken: { prefix: 'assent_ut_', name: 0 },
  tenantAccessToken: { prefix: 'assent_tt_', name: 0 },
  /** An app's own, for asking how it stands in a tenant; it opens no data. */
  appToken: { prefix: 'assent_at_', name: 0 },
  managementToken: { prefix: 'assent_mt_', name: 0 },
  /** `name` is that of the token family: every generation of a refresh token shares it. */
  refreshToken: { prefix: 'assent_rt_', name: 22 },
} as const;

export type TokenKind = keyof typeof KINDS;

export interface TokenText {
  readonly kind: TokenKind;
  readonly shard: Shard;
  readonly name: string;
}

export const mintToken = (kind: TokenKind, shard: Shard, name = ''): string => withSecret(KINDS[kind].prefix + shardToText(shard) + name);

/** What a token says of itself, or `undefined` when it is not one of ours or was mistyped. */
export function parseToken(text: string, kind: TokenKind): TokenText | undefined {
  const { prefix, name } = KINDS[kind];
  if (!text.startsWith(prefix) || text.length !== prefix.length + 2 + name + ENDING) return undefined;
  if (!checksumHolds(text)) return undefined;
  const shard = shardFromText(text.slice(prefix.length, prefix.length + 2));
  if (shard === undefined) return undefined;
  return { kind, shard, name: text.slice(prefix.length + 2, prefix.length + 2 + name) };
}
