import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import { effectiveResources, effectiveScope } from '#src/consent/effective-permissions.ts';
import type { Grant } from '#src/consent/grant.ts';
import { confirmNoGrant, findGrantById, revokeGrant } from '#src/consent/grant-store.ts';
import { reachableNodes } from '#src/consent/held-nodes.ts';
import { standingGrants } from '#src/consent/standing-grants.ts';
import { challenge, schemeOf, type PresentedToken } from '#src/http/token-challenge.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';

import { authenticateAppToken } from './authenticate-client.ts';
import type { GRANT_MANAGEMENT_SCOPES } from './grant-management.ts';
import type { OAuthDeps } from './oauth-deps.ts';
import { detailOf } from './resource-access.ts';

type Scope = (typeof GRANT_MANAGEMENT_SCOPES)[number];
type GrantManagementDeps = OAuthDeps & { readonly presentedToken: PresentedToken };

/** Grant Management for OAuth 2.0, section 6: an app asks about one of its own grants, or ends it. Any other is unknown to it. */
export function grantManagementRoutes(deps: GrantManagementDeps): WebRouter {
  const router = createRouter();

  router.get('/oauth/grants/:grant', async (ctx) => {
    const record = await ownGrant(deps, ctx, 'grant_management_query');
    if (!record) return;
    ctx.set('cache-control', 'no-store');
    ctx.body = await described(deps, record.value);
  });

  router.delete('/oauth/grants/:grant', async (ctx) => {
    const record = await ownGrant(deps, ctx, 'grant_management_revoke');
    if (!record) return;
    await revokeGrant(deps, record, { kind: 'app', id: record.value.app });
    ctx.status = 204;
  });

  return router;
}

/** `undefined` when it was refused, and the answer says why. */
async function ownGrant(deps: GrantManagementDeps, ctx: WebContext, scope: Scope): Promise<StoredRecord<Grant> | undefined> {
  const caller = await authenticateAppToken(deps, ctx);
  if (!caller.scopes.has(scope)) return refuse(ctx, scope);
  const id = String(ctx['params'].grant);
  const found = await findGrantById(deps, id);
  const [record] = found?.value.app === caller.app ? await standingGrants(deps, [found]) : [];
  if (record) return record;
  // It may have been this app's, and the answer to its first call lost: that it is gone has to be as certain (I2).
  if (scope === 'grant_management_revoke') await confirmNoGrant(deps, id);
  ctx.status = 404;
  ctx.body = { error: 'invalid_grant_id', error_description: 'This app has no grant with this id.' };
  return undefined;
}

function refuse(ctx: WebContext, scope: Scope): undefined {
  const refusal = { error: 'insufficient_scope', error_description: `The token needs the scope ${scope}.` };
  ctx.status = 403;
  ctx.set('www-authenticate', challenge(schemeOf(ctx), { ...refusal, scope }));
  ctx.body = refusal;
  return undefined;
}

const CLAIMS: Readonly<Record<string, readonly string[]>> = { openid: ['sub'], profile: ['name'], email: ['email'] };

/** What the grant gives right now: what was taken from the app by others than its member is not in it. */
async function described(deps: OAuthDeps, grant: Grant): Promise<object> {
  const [live, { rules, approval }] = await Promise.all([deps.apps.find(grant.app), readApprovalFacts(deps, grant.tenant, grant.app)]);
  const standing = live && { ...live, rules, approval, catalogue: deps.catalogue };
  const held = standing ? effectiveScope(grant.permissions, grant, standing) : [];
  const nodes = standing ? await reachableNodes(deps, grant.tenant, effectiveResources(grant.resources, 'user', standing)) : [];
  const audienceOf = (name: string) => deps.catalogue.find(name)?.resource;
  const byAudience = Map.groupBy(held, (name) => (name === SHARED_ACCESS ? undefined : audienceOf(name)));
  return {
    scopes: [...byAudience].map(([audience, names]) => ({ scope: names.join(' '), ...(audience !== undefined && { resources: [audience] }) })),
    claims: held.flatMap((name) => CLAIMS[name] ?? []),
    authorization_details: nodes.map((node) => detailOf(node.grant)),
  };
}
