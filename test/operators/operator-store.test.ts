import { describe, expect, it } from '@jest/globals';

import { secretMatches } from '#src/client-secret.ts';
import type { OperatorId } from '#src/ids.ts';
import { createOperator, findOperator, firstOperator, listOperators, operatorKey, removeOperator } from '#src/operators/operator-store.ts';
import { atOnce, eventsOf, onEachEngine, refusal, system } from '#test/support/domain.ts';

describe('operators', () => {
  onEachEngine((domain) => {
    it('have one first credential, however many servers start at the same time', async () => {
      const { deps } = domain();
      const made = (await Promise.all(Array.from({ length: 10 }, () => firstOperator(deps)))).filter((each) => each !== undefined);
      expect(made).toHaveLength(1);
      const [{ operator, secret }] = made as [NonNullable<(typeof made)[0]>];
      expect(operator.scopes).toEqual(['manage', 'read']);
      expect(secret).toMatch(/^assent_op_[0-9A-Za-z]{49}$/);
      expect(secretMatches(secret, operator.secrets.map(({ digest }) => digest))).toBe(true);
      expect(await findOperator(deps, operator.id)).toEqual(operator);
      expect(await firstOperator(deps)).toBeUndefined();
      const [record] = await deps.store.read(operatorKey(operator.id));
      expect(JSON.stringify([record, await eventsOf(deps.store, record!.key.shard)])).not.toContain(secret.slice('assent_op_'.length));
    });

    it('do not get a first one again when that was removed', async () => {
      const { deps } = domain();
      const first = (await firstOperator(deps))!.operator;
      await createOperator(deps, { name: 'Terraform', scopes: ['manage'] }, system);
      expect(await removeOperator(deps, first.id, system)).toBe(true);
      expect(await removeOperator(deps, first.id, system)).toBe(false);
      expect(await findOperator(deps, first.id)).toBeUndefined();
      expect(await firstOperator(deps)).toBeUndefined();
    });

    it('have the scopes that were named, at least one', async () => {
      const { deps } = domain();
      const { operator } = await createOperator(deps, { name: 'Dashboard', scopes: ['read', 'read'] }, system);
      expect(operator.scopes).toEqual(['read']);
      expect(await refusal(createOperator(deps, { name: 'Nothing', scopes: [] }, system))).toBe('invalid_request');
      expect(await refusal(createOperator(deps, { name: '', scopes: ['read'] }, system))).toBe('invalid_request');
      expect(await findOperator(deps, 'opr_unknown' as OperatorId)).toBeUndefined();
    });

    it('keep one that may manage, also when all are removed at the same time', async () => {
      const { deps } = domain();
      const made = [(await firstOperator(deps))!];
      for (const name of ['A', 'B', 'C']) made.push(await createOperator(deps, { name, scopes: ['manage'] }, system));
      const reader = await createOperator(deps, { name: 'Reader', scopes: ['read'] }, system);
      const { done, refused } = await atOnce(made.map(({ operator }) => removeOperator(deps, operator.id, system)));
      expect(done).toEqual([true, true, true]);
      expect(refused).toEqual(['conflict']);
      expect(await removeOperator(deps, reader.operator.id, system)).toBe(true);
      expect((await listOperators(deps, { limit: 10 })).records).toHaveLength(1);
    });
  });
});
