import { z } from 'zod';

import { AppError } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import { nothing, plain } from '#src/http/api/answer.ts';
import { time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';

import type { KeyDescription } from './signing-keys.ts';

export interface SigningKeysRoutesDeps {
  readonly signingKeys: {
    list(): Promise<readonly KeyDescription[]>;
    rotate(actor: Actor): Promise<readonly KeyDescription[]>;
    /** `undefined` for a key that there is not. */
    remove(kid: string, actor: Actor): Promise<readonly KeyDescription[] | undefined>;
  };
}

const key = z
  .object({
    kid: z.string(),
    alg: z.string().meta({ example: 'ES256' }),
    state: z.enum(['current', 'next', 'retired']).meta({
      description: '`current` signs, `next` is published before it signs, `retired` is published until what it signed has ended.',
    }),
    createdAt: time,
  })
  .meta({ id: 'SigningKey' });
const keys = z.object({ keys: z.array(key).readonly() }).meta({ id: 'SigningKeys' });

const common = { tag: 'Signing keys' } as const;

export const signingKeysRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/signing-keys',
    operationId: 'listSigningKeys',
    summary: 'List the signing keys, without their private parts',
    scope: 'read',
    answer: plain(keys),
    handle: async ({ signingKeys }: SigningKeysRoutesDeps) => ({ body: { keys: await signingKeys.list() } }),
  }),
  route({
    ...common,
    method: 'post',
    path: '/signing-keys/rotation',
    operationId: 'rotateSigningKeys',
    summary: 'Let the next keys sign, and publish new next ones; servers take it up within a second',
    scope: 'manage',
    answer: plain(keys),
    errors: ['conflict'],
    handle: async ({ signingKeys }: SigningKeysRoutesDeps, { actor }) => ({ body: { keys: await signingKeys.rotate(actor) } }),
  }),
  route({
    ...common,
    method: 'delete',
    path: '/signing-keys/{kid}',
    operationId: 'removeSigningKey',
    summary: 'Remove a signing key that somebody else may have: what it signed counts no more, and the next one signs in its place',
    scope: 'manage',
    answer: nothing,
    async handle({ signingKeys }: SigningKeysRoutesDeps, { params: { kid }, actor }) {
      if (!(await signingKeys.remove(kid, actor))) throw new AppError('not_found');
    },
  }),
];
