import { newSecret } from '#src/client-secret.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type OperatorId } from '#src/ids.ts';
import { displayName } from '#src/names.ts';
import { absent, defineKind, put, unchanged, type Expectation, type Key, type Page, type StoredRecord, type Write } from '#src/storage/record-store.ts';
import { endRecord } from '#src/storage/revoke.ts';
import { digestOf } from '#src/storage/seal.ts';
import { shardOf } from '#src/storage/shards.ts';

import { OPERATOR_SCOPES, type Operator, type OperatorScope } from './operator.ts';

/** All in one shard: they are few, and "the very first" can only be said in one commit. */
const SHARD = shardOf('operators');

const OPERATOR = defineKind<Operator>('operator', {
  schema: 1,
  indexes: (operator) => [{ index: 'all', of: '', sort: `${operator.createdAt} ${operator.id}` }],
});

/** There for ever once a first credential was made, whatever becomes of it. */
const FIRST = defineKind<{ readonly operator: OperatorId }>('first-operator', { schema: 1 });

const firstKey = { shard: SHARD, kind: FIRST, id: '' };

export const operatorKey = (id: OperatorId): Key<Operator> => ({ shard: SHARD, kind: OPERATOR, id });

export async function readOperator({ store }: Deps, id: OperatorId): Promise<StoredRecord<Operator> | undefined> {
  const [record] = await store.read(operatorKey(id));
  return record;
}

export const findOperator = async (deps: Deps, id: OperatorId): Promise<Operator | undefined> =>
  (await readOperator(deps, id))?.value;

export const listOperators = ({ store }: Deps, page: { after?: string; limit: number }): Promise<Page<Operator>> =>
  store.scan({ shard: SHARD, kind: OPERATOR, index: 'all', of: '', after: page.after, limit: page.limit });

interface NewOperator {
  readonly operator: Operator;
  /** Kept nowhere: show it now. */
  readonly secret: string;
}

/** `undefined` when the extra expectations do not hold. */
async function make(
  { store, clock }: Deps,
  { name, scopes }: { name: string; scopes: readonly OperatorScope[] },
  actor: Actor,
  more: (id: OperatorId) => { expect: Expectation[]; write: Write[] } = () => ({ expect: [], write: [] }),
): Promise<NewOperator | undefined> {
  const now = clock();
  const createdAt = new Date(now).toISOString();
  const secret = newSecret('operator');
  const operator: Operator = {
    id: newId('operator'),
    name: displayName(name),
    secrets: [{ digest: digestOf(secret), createdAt }],
    scopes: OPERATOR_SCOPES.filter((scope) => scopes.includes(scope)),
    createdAt,
  };
  const key = operatorKey(operator.id);
  const { expect, write } = more(operator.id);
  const result = await store.commit({
    shard: SHARD,
    expect: [absent(key), ...expect],
    write: [put(key, operator, { tenant: null }), ...write],
    events: [happened({ type: 'operator.created', tenant: null, operator: operator.id }, { actor, now })],
    durable: true,
  });
  return result.ok ? { operator, secret } : undefined;
}

export async function createOperator(
  deps: Deps,
  input: { name: string; scopes: readonly OperatorScope[] },
  actor: Actor,
): Promise<NewOperator> {
  if (!input.scopes.some((scope) => OPERATOR_SCOPES.includes(scope))) {
    throw new AppError('invalid_request', { fields: [{ pointer: '/scopes', detail: `Name at least one of: ${OPERATOR_SCOPES.join(', ')}.` }] });
  }
  const made = await make(deps, input, actor);
  if (!made) throw new AppError('conflict');
  return made;
}

/** The very first credential, once for all servers of this store together; `undefined` ever after. */
export async function firstOperator(deps: Deps): Promise<NewOperator | undefined> {
  if ((await deps.store.read(firstKey))[0]) return undefined;
  return make(deps, { name: 'First operator', scopes: OPERATOR_SCOPES }, { kind: 'system' }, (operator) => ({
    expect: [absent(firstKey)],
    write: [put(firstKey, { operator }, { tenant: null })],
  }));
}

/**
 * For somebody who has the store and nobody's secret. `undefined` when there was never a first one, so that this is not the
 * store of a server at all.
 */
export async function operatorByStore(deps: Deps, name: string): Promise<NewOperator | undefined> {
  const [first] = await deps.store.read(firstKey);
  return first && createOperator(deps, { name, scopes: OPERATOR_SCOPES }, { kind: 'system' });
}

/** `true` when this call removed it. The last one that may manage stays, else nobody could ever make another. */
export const removeOperator = (deps: Deps, id: OperatorId, actor: Actor): Promise<boolean> =>
  endRecord(deps.store, operatorKey(id), undefined, async ({ value }) => ({
    expect: await anotherManager(deps, value),
    events: [happened({ type: 'operator.removed', tenant: null, operator: id }, { actor, now: deps.clock() })],
  }));

/** Another one that may manage, exactly as read here: two that remove each other at once cannot both succeed. */
async function anotherManager(deps: Deps, leaving: Operator): Promise<Expectation[]> {
  if (!leaving.scopes.includes('manage')) return [];
  let after: string | undefined;
  do {
    const page = await listOperators(deps, { after, limit: 100 });
    const other = page.records.find(({ value }) => value.id !== leaving.id && value.scopes.includes('manage'));
    if (other) return [unchanged(other)];
    after = page.next;
  } while (after !== undefined);
  throw new AppError('conflict', { detail: 'This is the last credential that may manage. Make another one first.' });
}
