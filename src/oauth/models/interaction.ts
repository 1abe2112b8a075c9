import { errors, type AdapterPayload } from 'oidc-provider';

import { absent, defineKind, present, put, remove, type Key } from '#src/storage/record-store.ts';
import { digestOf, seal, unseal } from '#src/storage/seal.ts';
import { shardOf } from '#src/storage/shards.ts';
import type { Deps } from '#src/deps.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { currentRequest } from './current-request.ts';

/**
 * A request that waits for a person. It holds the session's cookie and the pushed request's id, so it is sealed with
 * its own id, of which storage only has the digest (I10).
 */
const INTERACTION = defineKind<{ sealed: string }>('interaction', { schema: 1 });
const PURPOSE = 'interaction';

const keyOf = (uid: string): Key<{ sealed: string }> => ({ shard: shardOf(uid), kind: INTERACTION, id: digestOf(uid) });

export async function readInteraction(deps: Deps, uid: string): Promise<{ payload: AdapterPayload; version: number } | undefined> {
  const [record] = await deps.store.read(keyOf(uid));
  const text = record && unseal(record.value.sealed, uid, PURPOSE);
  return text === undefined || !record ? undefined : { payload: JSON.parse(text), version: record.version };
}

const putInteraction = (uid: string, payload: AdapterPayload, expiresAt: number) =>
  put(keyOf(uid), { sealed: seal(JSON.stringify(payload), uid, PURPOSE) }, { tenant: null, expiresAt });

/** Stores a person's answer, if the request is still as it was read: of two answers, one counts. */
export async function answerInteraction(
  deps: Deps,
  uid: string,
  { payload, version }: { payload: AdapterPayload; version: number },
): Promise<boolean> {
  const key = keyOf(uid);
  const result = await deps.store.commit({
    shard: key.shard,
    expect: [{ key, is: 'at', version }],
    write: [putInteraction(uid, payload, (payload.exp ?? 0) * 1000)],
  });
  return result.ok;
}

/** The library believes what was kept. What can have been taken back while the person was on a page is looked at again. */
async function checkWayBack({ params, result }: AdapterPayload): Promise<void> {
  const { provider, session } = currentRequest().oidc;
  // It would begin a session that has ended anew (I2), and have this browser post itself out of somebody else's.
  const signedIn = result?.login?.accountId;
  if (signedIn !== undefined && session?.accountId !== signedIn) throw new errors.SessionNotFound('who signed in for this request is not signed in any more');
  const client = await provider.Client.find(String(params?.['client_id']));
  if (client && !client.redirectUriAllowed(String(params?.['redirect_uri']))) throw new errors.InvalidRedirectUri();
}

export const interactionModel = (deps: OAuthDeps): Model => ({
  async find(uid) {
    const payload = (await readInteraction(deps, uid))?.payload;
    if (payload && currentRequest().oidc.route === 'resume') await checkWayBack(payload);
    return payload;
  },

  async upsert(uid, payload, secondsToLive) {
    const key = keyOf(uid);
    await deps.store.commit({
      shard: key.shard,
      expect: [payload.result ? present(key) : absent(key)],
      write: [putInteraction(uid, payload, deps.clock() + secondsToLive * 1000)],
    });
  },

  /** The way back from a page is open once: whoever comes second finds the request used up, before any code is made. */
  async destroy(uid) {
    const key = keyOf(uid);
    const result = await deps.store.commit({ shard: key.shard, durable: true, expect: [present(key)], write: [remove(key)] });
    if (!result.ok) throw new errors.SessionNotFound('this authorization request was already answered');
  },
});
