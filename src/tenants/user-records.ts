import type { UserId } from '#src/ids.ts';
import { defineKind, type Key } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { User } from './user.ts';

export const USER = defineKind<User>('user', {
  schema: 1,
  indexes: (user) => [{ index: 'all', of: '', sort: user.id }],
});

/** Who claimed an e-mail address. It holds only when that user exists and has the address: see `createUser`. */
const EMAIL = defineKind<{ readonly user: UserId }>('user-email', { schema: 1 });

export const userKey = (id: UserId): Key<User> => ({ shard: shardOf(id), kind: USER, id });

/** `address` as `normaliseEmail` gives it. */
export const emailKey = (address: string) => ({ shard: shardOf(address), kind: EMAIL, id: address });
