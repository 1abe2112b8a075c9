import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { at, created, nothing, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { chosen, idText, name, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';

import type { User } from './user.ts';
import { createUser, endAllSessions, findUserByEmail, listUsers, readUser, setPasswordHash, updateUser } from './user-store.ts';

/** How passwords are hashed is the business of signing in, which comes after this slice. */
export interface UserRoutesDeps extends Deps {
  hashPassword(password: string): Promise<string>;
}

const status = z.enum(['active', 'disabled']).meta({ description: 'Somebody disabled has no sessions and cannot sign in.' });
const email = z.string().max(320).meta({ example: 'ada@northwind.example' });
const password = z.string().min(8).max(1000).meta({ format: 'password', description: 'Kept only as an argon2id hash.' });
const user = z
  .object({ id: idText, email, name, status, hasPassword: z.boolean(), createdAt: time })
  .meta({ id: 'User' });

const asUser = ({ id, email, name, status, passwordHash, createdAt }: User) => ({
  id,
  email,
  name,
  status,
  hasPassword: passwordHash !== null,
  createdAt,
});

const common = { tag: 'Users' } as const;

export const userRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/users',
    operationId: 'listUsers',
    summary: 'List users, or find the one with an e-mail address',
    scope: 'read',
    query: z.strictObject({ email: email.optional() }),
    answer: pageOf(user),
    async handle(deps: Deps, { query, page }) {
      if (query.email === undefined) return shownPage(await listUsers(deps, page), asUser);
      const found = await findUserByEmail(deps, query.email);
      return { items: found ? [asUser(found)] : [], next: undefined };
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/users',
    operationId: 'createUser',
    summary: 'Create a user',
    scope: 'manage',
    body: z.strictObject({ email, name, password: password.optional(), id: chosen }),
    answer: created(user),
    errors: ['conflict'],
    async handle(deps: UserRoutesDeps, { body: { password, ...rest }, actor }) {
      const passwordHash = password === undefined ? null : await deps.hashPassword(password);
      const { id } = await createUser(deps, { ...rest, passwordHash }, actor);
      return { ...shown(await readUser(deps, id), asUser), location: at`/users/${id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/users/{user}',
    operationId: 'getUser',
    summary: 'Read a user',
    scope: 'read',
    answer: tagged(user),
    handle: async (deps: Deps, { params }) => shown(await readUser(deps, params.user), asUser),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/users/{user}',
    operationId: 'updateUser',
    summary: 'Rename a user',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ name }),
    answer: tagged(user),
    errors: ['conflict'],
    async handle(deps: Deps, { params, body, ifVersion, actor }) {
      await updateUser(deps, { id: params.user, ...body, ifVersion }, actor);
      return shown(await readUser(deps, params.user), asUser);
    },
  }),
  route({
    ...common,
    method: 'put',
    path: '/users/{user}/status',
    operationId: 'setUserStatus',
    summary: 'Disable a user, or let them sign in again',
    scope: 'manage',
    ifMatch: 'optional',
    body: z.strictObject({ status }),
    answer: tagged(user),
    errors: ['conflict'],
    async handle(deps: Deps, { params, body, ifVersion, actor }) {
      await updateUser(deps, { id: params.user, ...body, ifVersion }, actor);
      return shown(await readUser(deps, params.user), asUser);
    },
  }),
  route({
    ...common,
    method: 'put',
    path: '/users/{user}/password',
    operationId: 'setUserPassword',
    summary: 'Set a password; every session of the user ends',
    scope: 'manage',
    body: z.strictObject({ password }),
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: UserRoutesDeps, { params, body, actor }) {
      shown(await readUser(deps, params.user)); // no work for nobody
      await setPasswordHash(deps, params.user, await deps.hashPassword(body.password), actor);
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/users/{user}/sessions',
    operationId: 'endSessions',
    summary: 'End every session of a user',
    scope: 'manage',
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: Deps, { params, actor }) {
      await endAllSessions(deps, params.user, actor);
    },
  }),
];
