import { createHmac } from 'node:crypto';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { absent, defineKind, put, remove, type Key, type StoredRecord, type Write } from '#src/storage/record-store.ts';
import { seal, unseal } from '#src/storage/seal.ts';
import { shardOf } from '#src/storage/shards.ts';

/**
 * `Idempotency-Key`: what was asked once is done at most once, and the answer can be had again for a day.
 *
 * The key is claimed before the effect and the answer kept after it. They cannot be one commit with the effect, which
 * is in the shard of whatever it changes. So a process that dies in between leaves a claim without an answer, and
 * nobody can tell whether the effect happened: a repetition is then told so (`idempotency_unsettled`) and never has
 * the effect a second time. A request that was refused had no effect; its claim is taken back.
 *
 * Answers can hold a secret that is shown once, and digests of short bodies can be guessed, so what is kept is only
 * of use to someone who has the Idempotency-Key: its name, the digest of the request and the sealed answer are made
 * with a key derived from it, the caller and the server's secret, and it is not stored itself (I10).
 */
interface Claim {
  readonly request: string;
  readonly answer: string | null;
}

const CLAIM = defineKind<Claim>('idempotency-claim', { schema: 1 });
const DAY = 24 * 60 * 60 * 1000;

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export async function once(
  { store, clock }: Deps,
  claim: { caller: string; idempotencyKey: string; request: readonly string[]; secret: Uint8Array },
  effect: () => Promise<KeptAnswer>,
): Promise<KeptAnswer & { replayed: boolean }> {
  if (!/^[\x21-\x7e]{1,255}$/.test(claim.idempotencyKey)) {
    throw new AppError('invalid_request', { fields: [{ pointer: 'Idempotency-Key', detail: 'Send 1 to 255 visible ASCII characters.' }] });
  }
  const derive = (purpose: string, ...parts: readonly string[]) =>
    createHmac('sha256', claim.secret).update(JSON.stringify([purpose, claim.caller, claim.idempotencyKey, ...parts])).digest();
  const key: Key<Claim> = { shard: shardOf(claim.caller), kind: CLAIM, id: derive('name').toString('base64url') };
  const request = derive('request', ...claim.request).toString('base64url');
  const lifetime = { tenant: null, expiresAt: clock() + DAY };

  const claimed = await store.commit({
    shard: key.shard,
    durable: true,
    expect: [absent(key)],
    write: [put(key, { request, answer: null }, lifetime)],
  });
  if (!claimed.ok) {
    const [record] = await store.read(key);
    return { ...answerOf(record, request, derive('answer')), replayed: true };
  }

  // What fails here leaves the claim without an answer, as a crash would; the caller gets the true outcome all the same.
  const settle = (write: Write) =>
    store
      .commit({ shard: key.shard, durable: true, expect: [{ key, is: 'at', version: claimed.version }], write: [write] })
      .catch(() => undefined);
  let answer: KeptAnswer;
  try {
    answer = await effect();
  } catch (error) {
    if (error instanceof AppError && error.entry.status < 500) await settle(remove(key));
    throw error;
  }
  await settle(put(key, { request, answer: seal(JSON.stringify(answer), derive('answer'), 'answer') }, lifetime));
  return { ...answer, replayed: false };
}

/** Nobody waits for another's claim: its holder may be a process that is no more. */
function answerOf(record: StoredRecord<Claim> | undefined, request: string, key: Uint8Array): KeptAnswer {
  if (record && record.value.request !== request) throw new AppError('idempotency_mismatch');
  if (!record || record.value.answer === null) throw new AppError('idempotency_unsettled', { headers: { 'Retry-After': '1' } });
  const text = unseal(record.value.answer, key, 'answer');
  if (text === undefined) throw new AppError('internal_error', { logDetail: 'a kept answer does not open' });
  return JSON.parse(text) as KeptAnswer;
}
