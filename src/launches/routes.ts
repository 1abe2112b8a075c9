import { z } from 'zod';

import { plain } from '#src/http/api/answer.ts';
import { idOf, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { AppId, ContextId, UserId } from '#src/ids.ts';

import { readLaunchFacts, type LaunchDeps } from './launch-facts.ts';
import { launchPath } from './launch-path.ts';
import { launchState, refusalOf } from './launch-state.ts';
import { launchTarget } from './launch-target.ts';
import { mintLaunch } from './mint-launch.ts';

export type LaunchesRoutesDeps = LaunchDeps;

const launch = z
  .object({
    action: z.string().meta({ description: 'Where the form goes: an address that the app has registered.' }),
    fields: z
      .object({ context_token: z.string().meta({ format: 'password' }), context_id: z.string() })
      .meta({ description: 'The fields of the form. The token is good for one exchange, by this app, for a few minutes. It belongs in no address and in no log.' }),
    expiresAt: time,
  })
  .meta({ id: 'Launch', description: 'A form that a page of the platform posts, in the browser of the person, to open the app.' });

const body = z
  .strictObject({
    app: idOf<AppId>('an app'),
    user: idOf<UserId>('the member who opens it, signed in at the platform').optional(),
    guest: z.string().min(1).max(200).optional().meta({ description: 'Or a guest of the context.' }),
    context: idOf<ContextId>('a context that the person is in').nullable().default(null),
    resource: z.strictObject({ kind: z.string().min(1).max(100), id: z.string().min(1).max(200) }).nullable().default(null),
    redirectUri: z.string().max(2000).nullable().default(null).meta({ description: 'Another address of the app than its launch address, as it is registered.' }),
  })
  .refine(({ user, guest }) => (user === undefined) !== (guest === undefined), 'Name a user or a guest, one of them.');

export const launchesRoutes = [
  route({
    tag: 'Launches',
    method: 'post',
    path: '/tenants/{tenant}/launches',
    operationId: 'launchApp',
    summary: 'Open an app for a member who is signed in at the platform',
    description:
      'Post the fields to the action from a page in the browser of that very person: the app opens as they. In a context an app also opens for who has not connected it; it then learns less.',
    scope: 'manage',
    body,
    answer: plain(launch),
    errors: ['insufficient_scope', 'approval_required', 'approval_blocked', 'out_of_availability', 'not_installed', 'app_disabled', 'context_ended'],
    async handle(deps: LaunchesRoutesDeps, { params: { tenant }, body: { app, user, guest = '', context, resource, redirectUri } }) {
      const person = user === undefined ? { guest } : { user };
      const facts = await readLaunchFacts(deps, { tenant, app, person, context, resource });
      const target = launchTarget(facts.standing.app.version, redirectUri);
      const state = launchState(facts);
      if (state.is === 'closed' || (state.is === 'connect' && !state.without)) {
        throw refusalOf(state, new URL(launchPath({ app, tenant, context, resource, redirectUri }), deps.issuer).href);
      }
      return { body: await mintLaunch(deps, facts, target) };
    },
  }),
];
