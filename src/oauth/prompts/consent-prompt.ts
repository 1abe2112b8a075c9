import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';

import { SHARED_ACCESS } from '#src/apps/catalogue.ts';

import { tenancyOf } from '../tenancy.ts';

const { Check, Prompt } = interactionPolicy;

/** What the app asks for and the person was not asked about yet. */
const unanswered = (ctx: KoaContextWithOIDC): string[] => {
  const { grant } = tenancyOf(ctx);
  const answered = new Set([...(grant?.permissions ?? []), ...(grant?.declined ?? []), SHARED_ACCESS]);
  return [...ctx.oidc.requestParamScopes].filter((scope) => !answered.has(scope));
};

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
      !decidedNow(ctx) && tenancyOf(ctx).tenant !== undefined && tenancyOf(ctx).grant === undefined,
    ),
    new Check('permissions_new', 'the app asks for more than it was granted', 'consent_required', (ctx) =>
      !decidedNow(ctx) && tenancyOf(ctx).grant !== undefined && unanswered(ctx).length > 0,
    ),
    // RFC 8252 section 8.6: who claims to be a native app may be another one, so a person has to be there.
    new Check('native_client', 'native apps need a person to confirm', 'interaction_required', (ctx) =>
      !decidedNow(ctx) && ctx.oidc.client?.applicationType === 'native',
    ),
  );
