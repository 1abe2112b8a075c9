import type { Deps } from '#src/deps.ts';
import type { AppId, JobId } from '#src/ids.ts';
import { defineKind, type Key, type Page, type StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Revocation } from './revocation.ts';

/** All in one shard: they are few, and whoever looks for work looks in one place. */
const SHARD = shardOf('revocations');

const REVOCATION = defineKind<Revocation>('revocation-job', {
  schema: 1,
  indexes: ({ app, id, createdAt, status }) => [
    { index: 'app', of: app, sort: `${createdAt} ${id}` },
    ...(status === 'running' ? [{ index: 'running', of: '', sort: `${createdAt} ${id}` }] : []),
  ],
});

export const revocationKey = (id: JobId): Key<Revocation> => ({ shard: SHARD, kind: REVOCATION, id });

export async function readRevocation({ store }: Deps, id: JobId): Promise<StoredRecord<Revocation> | undefined> {
  const [record] = await store.read(revocationKey(id));
  return record;
}

/** The newest first. */
export const revocationsOf = ({ store }: Deps, app: AppId, page: { after?: string | undefined; limit: number }): Promise<Page<Revocation>> =>
  store.scan({ shard: SHARD, kind: REVOCATION, index: 'app', of: app, direction: 'descending', ...page });

/** Those that are not done, the oldest first. */
export const runningRevocations = ({ store }: Deps, limit: number): Promise<Page<Revocation>> =>
  store.scan({ shard: SHARD, kind: REVOCATION, index: 'running', of: '', limit });
