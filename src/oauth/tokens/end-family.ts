import { happened } from '#src/events.ts';
import { confirmGone } from '#src/storage/change-record.ts';
import { present, remove } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import type { Deps } from '#src/deps.ts';

import { familyKey, type TokenBinding } from './token-records.ts';

/** A code or refresh token came back after its use: all that came of that code is dead, durably (I6, xP2, xP8). Idempotent. */
export async function endFamily(
  deps: Deps,
  binding: TokenBinding,
  reason: 'code_replayed' | 'refresh_token_replayed' | 'revoked_by_app',
): Promise<void> {
  const { tenant, app, family } = binding;
  if (family === null) return;
  const shard = shardOf(tenant);
  const key = familyKey(shard, family);
  const holder = binding.identity === 'user' ? { user: binding.user, grant: binding.grant } : { installation: binding.installation };
  const result = await deps.store.commit({
    shard,
    durable: true,
    expect: [present(key)],
    write: [remove(key)],
    events: [
      happened({ type: 'tokens.revoked', tenant, app, ...holder, reason }, {
        actor: reason === 'revoked_by_app' ? { kind: 'app', id: app } : { kind: 'system' },
        now: deps.clock(),
      }),
    ],
  });
  if (!result.ok) await confirmGone(deps.store, key);
}
