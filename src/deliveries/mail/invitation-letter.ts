import { findApp } from '#src/apps/app-store.ts';
import { readContext } from '#src/contexts/context-store.ts';
import type { Deps } from '#src/deps.ts';
import type { AssentEvent } from '#src/events.ts';
import { launchPath } from '#src/launches/launch-path.ts';
import { findTenant } from '#src/tenants/tenant-store.ts';
import { findUser } from '#src/tenants/user-store.ts';

import { quoted, type Letter } from './mail.ts';

export type InvitationEvent = Extract<AssentEvent, { type: 'context.owner_invited' }>;

/** To who runs a context: somebody in it asks them to use an app too (R6). Nothing once it is over. */
export async function letterOfInvitation(deps: Deps & { readonly issuer: string }, event: InvitationEvent): Promise<Letter | undefined> {
  const { tenant: id, context: place, user, app: client } = event;
  const [tenant, context, asker, app] = await Promise.all([findTenant(deps, id), readContext(deps, id, place), findUser(deps, user), findApp(deps, client)]);
  if (tenant?.status !== 'active' || context?.value.status !== 'open' || app?.status !== 'active') return undefined;
  return invitationLetter({
    asker: asker?.name ?? '',
    app: app.name,
    context: context.value.title,
    tenant: tenant.name,
    link: new URL(launchPath({ app: client, tenant: id, context: place, resource: null, redirectUri: null }), deps.issuer).href,
  });
}

export interface InvitationFacts {
  readonly asker: string;
  readonly app: string;
  readonly context: string;
  readonly tenant: string;
  readonly link: string;
}

function invitationLetter({ asker, app, context, tenant, link }: InvitationFacts): Letter {
  return {
    subject: `An invitation to ${quoted(app)} in ${quoted(context)}`,
    paragraphs: [
      `${quoted(asker)} uses ${quoted(app)} in ${quoted(context)}, which you run, and asks you to use it there too.`,
      'What it may do for you is asked first. If you would rather not, there is nothing to do.',
    ],
    action: { label: 'Look at the app and open it', href: link },
    footer: `You get this because you run ${quoted(context)} in ${quoted(tenant)}.`,
  };
}
