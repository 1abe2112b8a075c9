import { hash } from 'node:crypto';

import { randomBase62 } from '#src/ids.ts';
import type { Shard } from '#src/storage/record-store.ts';
import { shardFromText, shardToText } from '#src/storage/shards.ts';

/** The cookie that signs a person in, for pages and for the protocol alike. */
export const SESSION_COOKIE = 'assent_session';

const FORM = /^ses_([0-9a-f]{2})[0-9A-Za-z]{43}$/;

/** The person's shard and 256 random bits. It is a bearer secret: only its digest is stored. */
export const newSessionCookie = (shard: Shard): string => `ses_${shardToText(shard)}${randomBase62(43)}`;

/** Where the session of this cookie would be; `undefined` for what cannot be one, without asking storage. */
export function placeOfCookie(cookie: string): { shard: Shard; digest: string } | undefined {
  const shard = shardFromText(FORM.exec(cookie)?.[1] ?? '');
  return shard === undefined ? undefined : { shard, digest: hash('sha256', cookie, 'base64url') };
}
