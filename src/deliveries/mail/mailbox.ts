import { createHash } from 'node:crypto';

import type { Deps } from '#src/deps.ts';
import { defineKind, put, type Key } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Mail, Post } from './mail.ts';

export interface KeptMail extends Mail {
  readonly id: string;
  readonly sentAt: string;
}

/** Development only, so one shard does. */
const SHARD = shardOf('mailbox');
const KEPT_MS = 7 * 86_400_000;
const MOST_SHOWN = 300;

const KEPT_MAIL = defineKind<KeptMail>('kept-mail', {
  schema: 1,
  indexes: ({ sentAt, id }) => [{ index: 'all', of: '', sort: `${sentAt} ${id}` }],
});

const mailKey = (id: string): Key<KeptMail> => ({ shard: SHARD, kind: KEPT_MAIL, id });

/** Development's post: nothing leaves, `/dev/mail` shows what would have. A mail that is sent twice is there once. */
export const mailboxPost = ({ store, clock }: Deps): Post => ({
  async send(mail) {
    const now = clock();
    const id = createHash('sha256').update(mail.messageId).digest('base64url').slice(0, 22);
    const kept: KeptMail = { ...mail, id, sentAt: new Date(now).toISOString() };
    await store.commit({ shard: SHARD, write: [put(mailKey(id), kept, { tenant: null, expiresAt: now + KEPT_MS })] });
  },
  close() {},
});

/** The newest first. */
export async function keptMails({ store }: Deps): Promise<KeptMail[]> {
  const { records } = await store.scan({ shard: SHARD, kind: KEPT_MAIL, index: 'all', of: '', direction: 'descending', limit: MOST_SHOWN });
  return records.map(({ value }) => value);
}

export async function findKeptMail({ store }: Deps, id: string): Promise<KeptMail | undefined> {
  const [record] = await store.read(mailKey(id));
  return record?.value;
}
