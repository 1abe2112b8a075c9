import { happened, type Actor } from '#src/events.ts';
import { endRecord } from '#src/storage/revoke.ts';
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
  const holder = binding.identity === 'user' ? { user: binding.user, grant: binding.grant } : { installation: binding.installation };
  const actor: Actor = reason === 'revoked_by_app' ? { kind: 'app', id: app } : { kind: 'system' };
  await endRecord(deps.store, familyKey(shardOf(tenant), family), undefined, () => ({
    events: [happened({ type: 'tokens.revoked', tenant, app, ...holder, reason }, { actor, now: deps.clock() })],
  }));
}
