import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { at, createdOnce, nothing, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idText, name, secretOnce, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';

import { OPERATOR_SCOPES } from './operator.ts';
import { createOperator, listOperators, readOperator, removeOperator } from './operator-store.ts';

const scopes = z.array(z.enum(OPERATOR_SCOPES)).min(1).max(OPERATOR_SCOPES.length).readonly();
const operator = z
  .object({ id: idText.meta({ description: 'Its `client_id`.' }), name, scopes, createdAt: time })
  .meta({ id: 'Operator', description: 'A credential for this API.' });
const newOperator = operator.extend({ secret: secretOnce }).meta({ id: 'NewOperator' });

const common = { tag: 'Operators' } as const;

export const operatorsRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/operators',
    operationId: 'listOperators',
    summary: 'List operator credentials',
    scope: 'read',
    answer: pageOf(operator),
    handle: async (deps: Deps, { page }) => shownPage(await listOperators(deps, page)),
  }),
  route({
    ...common,
    method: 'post',
    path: '/operators',
    operationId: 'createOperator',
    summary: 'Create an operator credential',
    scope: 'manage',
    body: z.strictObject({ name, scopes }),
    answer: createdOnce(newOperator),
    errors: ['conflict'],
    async handle(deps: Deps, { body, actor }) {
      const { operator, secret } = await createOperator(deps, body, actor);
      return { body: { ...operator, secret }, location: at`/operators/${operator.id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/operators/{operator}',
    operationId: 'getOperator',
    summary: 'Read an operator credential',
    scope: 'read',
    answer: tagged(operator),
    handle: async (deps: Deps, { params }) => shown(await readOperator(deps, params.operator)),
  }),
  route({
    ...common,
    method: 'delete',
    path: '/operators/{operator}',
    operationId: 'removeOperator',
    summary: 'Remove an operator credential; the last one that may manage stays',
    scope: 'manage',
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: Deps, { params, actor }) {
      if (!(await removeOperator(deps, params.operator, actor))) throw new AppError('not_found');
    },
  }),
];
