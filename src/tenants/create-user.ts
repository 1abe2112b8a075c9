import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type UserId } from '#src/ids.ts';
import { chosenId, displayName } from '#src/names.ts';
import { absent, put, unchanged } from '#src/storage/record-store.ts';

import { normaliseEmail } from './email.ts';
import type { User } from './user.ts';
import { emailKey, userKey } from './user-records.ts';

const taken = (what: string) => new AppError('conflict', { detail: `There is a person with this ${what} already.` });

/**
 * Two shards: first the address is claimed for an id, then the person is created under exactly that id. A crash in
 * between leaves a claim without a person, which opens nothing; the next try for the address takes over its id and
 * so cannot make a second person beside a first one that was only slow.
 */
export async function createUser(
  deps: Deps,
  input: { email: string; name: string; passwordHash?: string | null; id?: string },
  actor: Actor,
): Promise<User> {
  const email = input.email.trim();
  const address = normaliseEmail(email);
  if (address === undefined) {
    throw new AppError('invalid_request', { fields: [{ pointer: '/email', detail: 'This is not an e-mail address.' }] });
  }
  const name = displayName(input.name);
  const wanted = input.id === undefined ? undefined : (chosenId(input.id) as UserId);
  if (wanted !== undefined && (await deps.store.read(userKey(wanted)))[0]) throw taken('id');

  const id = await claim(deps, address, wanted);
  const now = deps.clock();
  const user: User = {
    id,
    email,
    name,
    status: 'active',
    passwordHash: input.passwordHash ?? null,
    sessionsValidFrom: 0,
    createdAt: new Date(now).toISOString(),
  };
  const key = userKey(id);
  const result = await deps.store.commit({
    shard: key.shard,
    expect: [absent(key)],
    write: [put(key, user, { tenant: null })],
    events: [happened({ type: 'user.created', tenant: null, user: id }, { actor, now })],
  });
  if (!result.ok) throw taken('e-mail address');
  return user;
}

/** The id under which the person with this address is to be created. */
async function claim({ store }: Deps, address: string, wanted: UserId | undefined): Promise<UserId> {
  const key = emailKey(address);
  const id = wanted ?? newId('user');
  for (;;) {
    const [standing] = await store.read(key);
    if (standing) {
      const claimedFor = standing.value.user;
      const [holder] = await store.read(userKey(claimedFor));
      if (holder && normaliseEmail(holder.value.email) === address) throw taken('e-mail address');
      if (!holder && (wanted === undefined || wanted === claimedFor)) return claimedFor;
      // Somebody may be creating that other person right now; taking the address away would give it to both.
      if (!holder) throw new AppError('conflict', { detail: 'This e-mail address is being given to another id. Try again without an id.' });
    }
    const result = await store.commit({
      shard: key.shard,
      expect: [standing ? unchanged(standing) : absent(key)],
      write: [put(key, { user: id }, { tenant: null })],
    });
    if (result.ok) return id;
  }
}
