import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';

import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import { decide } from '#src/approvals/decide.ts';
import type { ResourceAsk } from '#src/consent/resource-asks.ts';
import { isProtocolScope } from '#src/consent/requested-scopes.ts';

import { identityAsked } from '../check-request.ts';
import { mannerOf } from '../grant-management.ts';
import { tenancyOf, type Tenancy } from '../tenancy.ts';

const { Check, Prompt } = interactionPolicy;

/**
 * Whether there is something to ask the person about this scope value: they can give it now, or it has to be put to
 * the tenant's reviewers and was not yet. What is blocked is no question.
 */
function isOpenQuestion(scope: string, { grant, app }: Tenancy): boolean {
  const settled = [...(grant?.permissions ?? []), ...(grant?.declined ?? []), SHARED_ACCESS];
  if (settled.includes(scope) || !app) return false;
  if (isProtocolScope(scope)) return true;
  const { treatment } = decide(scope, 'user', app);
  return treatment === 'auto' || (treatment === 'review' && !grant?.requested.includes(scope));
}

/** The same for a node that somebody has to choose. One that the app names is a question of its own, whatever was left before. */
const isOpenAsk = ({ permission, identifier }: ResourceAsk, tenancy: Tenancy): boolean =>
  isOpenQuestion(permission, identifier !== null && tenancy.grant ? { ...tenancy, grant: { ...tenancy.grant, declined: [] } } : tenancy);

const hasOpenQuestion = (ctx: KoaContextWithOIDC): boolean =>
  [...ctx.oidc.requestParamScopes].some((scope) => isOpenQuestion(scope, tenancyOf(ctx))) ||
  tenancyOf(ctx).lacking.some((ask) => isOpenAsk(ask, tenancyOf(ctx)));

/** A question of `user` identity; a tenant's consent is asked for each time, because it is given in others' name. */
const asksUser = (ctx: KoaContextWithOIDC): boolean => identityAsked(ctx) !== 'tenant';

const decidedNow = (ctx: KoaContextWithOIDC): boolean => ctx.oidc.result?.consent !== undefined;

/**
 * When a person must be asked, as one table: nothing else leads to the consent page. `prompt=consent` always does
 * (`requestable`). A question that was answered, with yes or no, is not put again (L5, Z12).
 */
export const consentPrompt = () =>
  new Prompt(
    { name: 'consent', requestable: true },
    new Check('tenant_open', 'the person has to say for which tenant', 'account_selection_required', (ctx) =>
      !decidedNow(ctx) && tenancyOf(ctx).tenant === undefined,
    ),
    new Check('not_granted', 'the app holds no grant of this person yet', 'consent_required', (ctx) =>
      !decidedNow(ctx) && asksUser(ctx) && tenancyOf(ctx).tenant !== undefined && tenancyOf(ctx).grant === undefined,
    ),
    new Check('permissions_new', 'the app asks for more than it was granted', 'consent_required', (ctx) =>
      !decidedNow(ctx) && asksUser(ctx) && tenancyOf(ctx).grant !== undefined && hasOpenQuestion(ctx),
    ),
    new Check('grant_replaced', 'what the app holds already is to be given up', 'consent_required', (ctx) =>
      !decidedNow(ctx) && tenancyOf(ctx).grant !== undefined && mannerOf(ctx.oidc.params as Record<string, string | undefined>) !== 'merge',
    ),
    new Check('tenant_identity', 'an admin has to consent in the name of the tenant', 'consent_required', (ctx) =>
      !decidedNow(ctx) && identityAsked(ctx) !== 'user',
    ),
    // RFC 8252 section 8.6: who claims to be a native app may be another one, so a person has to be there.
    new Check('native_client', 'native apps need a person to confirm', 'interaction_required', (ctx) =>
      !decidedNow(ctx) && ctx.oidc.client?.applicationType === 'native',
    ),
  );
