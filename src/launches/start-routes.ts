import { z } from 'zod';

import { plain } from '#src/http/api/answer.ts';
import { idText } from '#src/http/api/fields.ts';
import { appRoute } from '#src/http/api/route.ts';

import { inviteOwner } from './invite-owner.ts';
import { startedByContextToken, viewOf, type StartDeps } from './start.ts';

export type StartRoutesDeps = StartDeps;

const contextToken = z.string().min(1).max(8000).meta({ format: 'password', description: 'As it was posted at launch. This does not use it up.' });
const link = z.string().nullable();

const start = z
  .object({
    context: z.object({ kind: z.string(), id: idText, title: z.string().nullable(), number: z.string().nullable() }).meta({ description: 'Title and number only for an owner who has connected the app.' }),
    role: z.string(),
    authorization: z.enum(['unauthenticated', 'authenticated', 'authorized']).meta({
      description: 'A guest; a member who has not connected the app, of whom it learns no more than `context_id`; a member who has.',
    }),
    mayAskForMore: z.boolean().meta({ description: 'Whether it is of use to ask the person for more.' }),
    connect: link.meta({ description: 'Takes who has not connected the app through consent and back into the context.' }),
    supported: z.array(z.object({ name: z.string(), title: z.string(), onlyOwn: z.boolean().meta({ description: 'Only on what the person owns.' }) })).readonly(),
    unsupported: z
      .array(
        z.object({
          name: z.string(),
          title: z.string(),
          code: z.enum(['context_ended', 'role_not_permitted', 'insufficient_scope']),
          detail: z.string(),
          permission: z.string().nullable().meta({ description: 'What is missing, for `insufficient_scope`.' }),
          ask: link.meta({ description: 'Where whoever can give it does so.' }),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'Start', description: 'What an app may call for a person in a context, and why not the rest.' });

const invitation = z
  .object({ invited: z.int().meta({ description: 'How many people got a mail.' }), link: z.string().meta({ description: 'Installs the app for whoever runs the context, and leads back into it.' }) })
  .meta({ id: 'Invitation' });

const common = { tag: 'Apps about themselves' } as const;

export const startRoutes = [
  appRoute({
    ...common,
    method: 'post',
    path: '/app/starts',
    operationId: 'startInContext',
    summary: 'What the app may call for the person who opened it in a context',
    description: 'With a user token in place of the app’s own, `GET /access/v1/contexts/{id}` answers the same.',
    body: z.strictObject({ contextToken }),
    answer: plain(start),
    errors: ['not_found', 'context_ended'],
    async handle(deps: StartRoutesDeps, { body, actor }) {
      return { body: viewOf(deps, await startedByContextToken(deps, actor.id, body.contextToken)) };
    },
  }),
  appRoute({
    ...common,
    method: 'post',
    path: '/app/invitations',
    operationId: 'inviteOwner',
    summary: 'Invite whoever runs the context to the app, in the name of the person who opened it',
    description: 'Not for guests. Ten an hour for each person and context. With a user token, `POST /access/v1/contexts/{id}/invitations` does the same.',
    body: z.strictObject({ contextToken }),
    answer: plain(invitation),
    errors: ['not_found', 'context_ended', 'role_not_permitted', 'conflict', 'too_many_requests'],
    async handle(deps: StartRoutesDeps, { body, actor }) {
      return { body: await inviteOwner(deps, await startedByContextToken(deps, actor.id, body.contextToken)) };
    },
  }),
];
