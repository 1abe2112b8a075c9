import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import type { GrantManner } from '#src/consent/grant.ts';
import { findGrantById } from '#src/consent/grant-store.ts';
import { standingGrants } from '#src/consent/standing-grants.ts';

import type { OAuthDeps } from './oauth-deps.ts';

/** Grant Management for OAuth 2.0 (OpenID FAPI working group, draft 3): what an authorization request may say. */
export const GRANT_MANAGEMENT_PARAMETERS = { grant_management_action: null, grant_id: null } as const;
/** What an app's own token may be asked for with. */
export const GRANT_MANAGEMENT_SCOPES = ['grant_management_query', 'grant_management_revoke'] as const;
const MANNERS: readonly string[] = ['create', 'merge', 'replace'] satisfies GrantManner[];

/** Section 7.1. */
export const grantManagementMetadata = (issuer: string) => ({
  grant_management_endpoint: `${issuer}/oauth/grants`,
  grant_management_actions_supported: ['query', 'revoke', ...MANNERS],
  grant_management_action_required: false,
});

type Parameters = Readonly<Record<string, string | undefined>>;

/** Without an action, what is granted joins what was granted before (L5). */
export const mannerOf = (parameters: Parameters): GrantManner => (parameters['grant_management_action'] as GrantManner | undefined) ?? 'merge';

class InvalidGrantId extends errors.CustomOIDCProviderError {
  constructor() {
    super('invalid_grant_id', 'there is no grant with this id that this app could change');
  }
}

/** What can be told before anybody signed in; the tenant of a named grant is that of the request. */
export async function checkGrantManagement(deps: OAuthDeps, params: Record<string, string | undefined>): Promise<void> {
  const { grant_management_action: action, grant_id: id, identity, client_id: app } = params;
  if (action === undefined && id === undefined) return;
  if (action === undefined || !MANNERS.includes(action)) throw new errors.InvalidRequest('grant_management_action must be create, merge or replace');
  if (action === 'create' && id !== undefined) throw new errors.InvalidRequest('a grant that is created has no grant_id yet');
  if (action !== 'create' && id === undefined) throw new errors.InvalidRequest(`name the grant to ${action} in grant_id`);
  if (identity === 'tenant') throw new errors.InvalidRequest('grants are of members; with identity=tenant there is an installation');
  if (params['include_granted_scopes'] === 'true' && action !== 'merge') throw new errors.InvalidRequest(`include_granted_scopes does not go with ${action}`);
  if (id === undefined) return;
  const record = await findGrantById(deps, id);
  const [grant] = record && record.value.app === app ? await standingGrants(deps, [record]) : [];
  if (!grant) throw new InvalidGrantId();
  params['tenant'] ??= grant.value.tenant;
  if (params['tenant'] !== grant.value.tenant) throw new InvalidGrantId();
}

/** Once the person is known: the grant that the request names is theirs, and stands still. */
export function checkNamedGrant(ctx: KoaContextWithOIDC, standing: string | undefined): void {
  const { grant_id: named } = ctx.oidc.params as Parameters;
  if (named !== undefined && named !== standing) throw new InvalidGrantId();
}
