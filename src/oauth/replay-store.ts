import type { Deps } from '#src/deps.ts';
import { absent, defineKind, put } from '#src/storage/record-store.ts';
import { digestOf } from '#src/storage/seal.ts';
import { shardOf } from '#src/storage/shards.ts';

const USED_ONCE = defineKind<Record<string, never>>('used-once', { schema: 1 });

/** `true` the first time it sees `id` before `endsAt` (milliseconds, also parts of one), `false` ever after, over any number of servers (I1). */
export async function rememberOnce(deps: Deps, id: string, endsAt: number): Promise<boolean> {
  const key = { shard: shardOf(id), kind: USED_ONCE, id: digestOf(id) };
  const result = await deps.store.commit({
    shard: key.shard,
    durable: true,
    expect: [absent(key)],
    write: [put(key, {}, { tenant: null, expiresAt: Math.ceil(endsAt) })],
  });
  return result.ok;
}

/** A proof is taken five minutes before and after the time that it names, so one that names a later time can come again for ten. */
export const PROOF_MS = 600_000;

/** The same for a DPoP proof, of the key with this thumbprint. */
export const rememberProof = (deps: Deps, thumbprint: string, jti: string): Promise<boolean> =>
  rememberOnce(deps, JSON.stringify(['proof', thumbprint, jti]), deps.clock() + PROOF_MS);
