import type Provider from 'oidc-provider';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import { effectiveScope, installationScope } from '#src/consent/effective-permissions.ts';
import { contextKey, contextMemberKey } from '#src/contexts/context-records.ts';
import { roleOf } from '#src/contexts/context-facts.ts';
import type { ErrorCode } from '#src/errors.ts';
import type { MintedLaunch } from '#src/launches/launch.ts';
import { launchKey } from '#src/launches/launch-store.ts';
import { asRead, unchanged, type Expectation, type StoredRecord } from '#src/storage/record-store.ts';
import { isActive } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';

import { readContextToken } from '../context-tokens.ts';
import { credentialOf } from '../credentials.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { readStanding, readTenantFacts, tenantStandingIn, type TokenStanding } from '../tokens/standing.ts';
import type { TenantBinding, TokenBinding } from '../tokens/token-records.ts';
import { unitOf } from '../unit-of-work.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const TOKEN_EXCHANGE_PARAMETERS = ['subject_token', 'subject_token_type', 'requested_token_type', 'identity', 'scope', 'resource'];

const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';
const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

/** One answer for whatever is wrong with the token itself: who guesses learns nothing. */
const notGood = () => new errors.InvalidGrant('the context token is not good, or not good any more');
/** The library keeps what it says of a grant to the log; these words are for the app (docs/guides/apps.md). */
const refused = (code: ErrorCode, words: string) => Object.assign(new errors.InvalidGrant(words), { error_description: `${code}: ${words}` });

/**
 * RFC 8693, for context tokens alone (S10): once, by the app it was minted for, while everything it was minted from still
 * stands. A refresh token is not given: who wants to act while nobody is there asks the person for `offline_access`.
 * Runs before the library's handler of client_credentials, which binds keys, resource servers and formats, and mints.
 */
export async function prepareTokenExchange(provider: Provider, deps: OAuthDeps, ctx: KoaContextWithOIDC): Promise<void> {
  const params = ctx.oidc.params as Record<string, string | undefined>;
  const { subject_token: token, subject_token_type: type, requested_token_type: requested = ACCESS_TOKEN_TYPE, identity = 'user' } = params;
  if (token === undefined || type === undefined) throw new errors.InvalidRequest('subject_token and subject_token_type are missing');
  if (type !== JWT_TYPE) throw new errors.InvalidRequest(`subject_token_type is ${JWT_TYPE}`);
  if (requested !== ACCESS_TOKEN_TYPE) throw new errors.InvalidRequest(`requested_token_type is ${ACCESS_TOKEN_TYPE}`);
  if (identity !== 'user' && identity !== 'tenant') throw new errors.InvalidRequest('identity is user or tenant');

  const launch = await findLaunch(provider, deps, ctx, token);
  const { binding, standing, expect } = await (identity === 'user' ? forMember(deps, launch.value) : forTenant(deps, launch.value, credentialOf(ctx)));
  const inContext = await stillThere(deps, launch.value);
  unitOf(ctx).standing = standing;
  unitOf(ctx).exchanged = { binding, launch, expect: [...expect, ...inContext] };
  params['scope'] = narrowed(standing, params['scope']).join(' ');
}

/** What the token says, held against what was kept when it was minted. Signature, sort, app and time come first. */
async function findLaunch(provider: Provider, deps: OAuthDeps, ctx: KoaContextWithOIDC, token: string): Promise<StoredRecord<MintedLaunch>> {
  const app = ctx.oidc.client?.clientId;
  const claims = readContextToken(provider, deps, token);
  if (!claims || claims.aud !== app) throw notGood();
  const [record] = await deps.store.read(launchKey(claims.tenant, claims.jti));
  if (!record || record.consumedAt !== null || record.value.app !== app) throw notGood();
  return record;
}

interface Exchanged {
  readonly binding: TokenBinding;
  readonly standing: TokenStanding;
  readonly expect: readonly Expectation[];
}

/** What came of an exchange belongs to no family: nothing of it can be refreshed, so nothing can be reused. */
async function forMember(deps: OAuthDeps, { tenant, app, person, grant, shuts }: MintedLaunch): Promise<Exchanged> {
  if (!('user' in person) || !grant) throw refused('insufficient_scope', 'the person has not connected the app');
  const binding = { identity: 'user', tenant, app, family: null, shuts, ...person, grant } as const;
  const standing = await readStanding(deps, binding);
  if (!standing) throw notGood();
  return { binding, standing, expect: [] };
}

/** For what the app does as itself, begun by a member who is there still; like any tenant token it ends with the secret that it was had with. */
async function forTenant(deps: OAuthDeps, { tenant, app, person, shuts }: MintedLaunch, credential: TenantBinding['credential']): Promise<Exchanged> {
  const [facts, [member]] = await Promise.all([readTenantFacts(deps, { tenant, app, family: null }), 'user' in person ? deps.store.read(memberKey(tenant, person.user)) : [undefined]]);
  if (!('user' in person) || !isActive(member?.value) || member?.value.membership !== person.membership) throw notGood();
  const installation = facts.installation?.value;
  if (!installation) throw refused('not_installed', 'the app is not installed in this tenant');
  const binding = { identity: 'tenant', tenant, app, family: null, shuts, installation: installation.id, credential } as const;
  const standing = tenantStandingIn(deps, binding, facts);
  if (!standing) throw installation.status === 'suspended' ? refused('installation_suspended', 'the app is suspended in this tenant') : notGood();
  return { binding, standing, expect: member ? [unchanged(member)] : [] };
}

/** The role that the token tells the app is the one that the person has, in the very commit. */
async function stillThere({ store }: OAuthDeps, { tenant, person, context, role }: MintedLaunch): Promise<Expectation[]> {
  if (context === null || !('user' in person)) return [];
  const [keyOfContext, keyOfPlace] = [contextKey(tenant, context), contextMemberKey(tenant, context, person)];
  const [record, place, member] = await store.read(keyOfContext, keyOfPlace, memberKey(tenant, person.user));
  if (record?.value.status !== 'open') throw refused('context_ended', 'what the app was opened in is over');
  if (roleOf(place?.value, member?.value) !== role) throw refused('role_not_permitted', 'the person has not this role there any more; open the app again');
  return [unchanged(record), asRead(keyOfPlace, place)];
}

/** All that the app holds, or less when it asks for less. */
function narrowed(standing: TokenStanding, asked: string | undefined): string[] {
  const held =
    standing.identity === 'user' ? effectiveScope(standing.grant.value.permissions, standing.grant.value, standing.app) : installationScope(standing.installation.value, standing.app);
  // It would be a promise that this token cannot keep.
  const given = held.filter((name) => name !== 'offline_access');
  if (asked === undefined) return given;
  const names = [...new Set(asked.split(' ').filter(Boolean))];
  const lacking = names.find((name) => !given.includes(name));
  if (lacking !== undefined) throw new errors.InvalidScope(`insufficient_scope: the app does not hold ${lacking} here`, lacking);
  // It is the person's to pass on, whatever is asked for (Z4).
  return given.filter((name) => names.includes(name) || name === SHARED_ACCESS);
}

/** RFC 8693 section 2.2.1. */
export const nameTokenType = (ctx: KoaContextWithOIDC): void => void Object.assign(ctx.body as object, { issued_token_type: ACCESS_TOKEN_TYPE });
