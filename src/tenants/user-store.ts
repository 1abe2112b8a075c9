import type { Deps } from '#src/deps.ts';
import { happened, type Actor } from '#src/events.ts';
import type { UserId } from '#src/ids.ts';
import { displayName } from '#src/names.ts';
import type { Page, StoredRecord } from '#src/storage/record-store.ts';
import { changeStanding } from '#src/storage/revoke.ts';
import { scanShards } from '#src/storage/scan-shards.ts';

import { normaliseEmail } from './email.ts';
import { nameChanged } from './member-names.ts';
import type { User } from './user.ts';
import { emailKey, USER, userKey } from './user-records.ts';

export { createUser } from './create-user.ts';
export { normaliseEmail } from './email.ts';
export { userKey } from './user-records.ts';

export async function readUser({ store }: Deps, id: UserId): Promise<StoredRecord<User> | undefined> {
  const [record] = await store.read(userKey(id));
  return record;
}

export const findUser = async (deps: Deps, id: UserId): Promise<User | undefined> => (await readUser(deps, id))?.value;

export async function usersByIds({ store }: Deps, ids: readonly UserId[]): Promise<Map<UserId, User>> {
  const records = await store.read(...[...new Set(ids)].map(userKey));
  return new Map(records.flatMap((record) => (record ? [[record.value.id, record.value] as const] : [])));
}

/** Any text may be asked for; what is not an address belongs to nobody. */
export async function findUserByEmail(deps: Deps, email: string): Promise<User | undefined> {
  const address = normaliseEmail(email);
  if (address === undefined) return undefined;
  const [claim] = await deps.store.read(emailKey(address));
  const user = claim && (await findUser(deps, claim.value.user));
  return user && normaliseEmail(user.email) === address ? user : undefined;
}

/** Later than every session that was begun until now, on this server at least: see `User.sessionsValidFrom`. */
const laterStart = (user: User, now: number): number => Math.max(now, user.sessionsValidFrom) + 1;

/** Disabling a person ends their sessions in the same commit. */
export async function updateUser(
  { store, clock }: Deps,
  { id, ifVersion, ...changes }: { id: UserId; name?: string; status?: User['status']; ifVersion?: number },
  actor: Actor,
): Promise<User> {
  const name = changes.name === undefined ? undefined : displayName(changes.name);
  const changed = await changeStanding(store, userKey(id), ifVersion, ({ value: user }) => {
    const now = clock();
    const status = changes.status ?? user.status;
    return {
      value: {
        ...user,
        name: name ?? user.name,
        status,
        sessionsValidFrom: status === 'disabled' ? laterStart(user, now) : user.sessionsValidFrom,
      },
      events: [happened({ type: 'user.updated', tenant: null, user: id }, { actor, now })],
    };
  });
  if (name !== undefined) await nameChanged({ store, clock }, id);
  return changed;
}

/** The new password ends every session that was begun with the old one. */
export const setPasswordHash = ({ store, clock }: Deps, id: UserId, passwordHash: string, actor: Actor): Promise<User> =>
  changeStanding(store, userKey(id), undefined, ({ value: user }) => {
    const now = clock();
    return {
      value: { ...user, passwordHash, sessionsValidFrom: laterStart(user, now) },
      events: [happened({ type: 'user.password_changed', tenant: null, user: id }, { actor, now })],
    };
  });

export const endAllSessions = ({ store, clock }: Deps, id: UserId, actor: Actor): Promise<User> =>
  changeStanding(store, userKey(id), undefined, ({ value: user }) => {
    const now = clock();
    return {
      value: { ...user, sessionsValidFrom: laterStart(user, now) },
      events: [happened({ type: 'user.signed_out', tenant: null, user: id, session: 'all' }, { actor, now })],
    };
  });

export const listUsers = ({ store }: Deps, page: { after?: string; limit: number }): Promise<Page<User>> =>
  scanShards(store, { kind: USER, index: 'all', of: '', after: page.after, limit: page.limit });
