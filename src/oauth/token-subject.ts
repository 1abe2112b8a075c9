import { sideOfInstallation } from '#src/decisions/app-side.ts';
import type { FindToken, FoundToken } from '#src/decisions/found-token.ts';
import { DEAD_TOKEN } from '#src/decisions/gather-facts.ts';
import { readSubject, type SubjectFacts } from '#src/decisions/subject-facts.ts';

import type { OAuthDeps } from './oauth-deps.ts';
import { detailsIn, nodesWithin, type ResourceDetail } from './resource-access.ts';
import { jwtKey } from './tokens/jwt-tokens.ts';
import { actsThrough, readStanding, scopeNow, type TokenStanding } from './tokens/standing.ts';
import { accessTokenKey, type StoredToken, type TokenBinding } from './tokens/token-records.ts';

/**
 * Access tokens as decisions see them: read through the same chain as at introspection (I3, I4). `jtiOf` names a JWT that
 * we signed.
 */
export function findTokens(deps: OAuthDeps, jtiOf: (text: string) => string | undefined): FindToken {
  const keyOf = (text: string) => accessTokenKey(text) ?? (text.split('.').length === 3 ? jwtKey(jtiOf(text) ?? '') : undefined);
  return async (text) => {
    const key = keyOf(text);
    const [record] = key ? await deps.store.read(key) : [];
    return record && foundToken(deps, record.value);
  };
}

const foundToken = (deps: OAuthDeps, { binding, payload }: StoredToken): FoundToken => ({
  tenant: binding.tenant,
  subject: subjectOf(binding),
  audiences: [payload['aud'] ?? []].flat() as string[],
  jkt: typeof payload['jkt'] === 'string' ? payload['jkt'] : null,
  read: () => factsOf(deps, binding, { scope: String(payload['scope'] ?? '').split(' '), nodes: detailsIn(payload) }),
});

const subjectOf = (binding: TokenBinding): FoundToken['subject'] =>
  binding.identity === 'user' ? { type: 'user+app', user: binding.user, app: binding.app } : { type: 'app', app: binding.app };

/** What a token was minted for; it never holds more. */
interface Ceiling {
  readonly scope: readonly string[];
  readonly nodes: readonly ResourceDetail[];
}

async function factsOf(deps: OAuthDeps, binding: TokenBinding, ceiling: Ceiling): Promise<SubjectFacts> {
  const standing = await readStanding(deps, binding, deps.readBeside);
  if (!standing || (binding.family !== null && !standing.family)) return whyDead(deps, binding);
  deps.noteUse(actsThrough(standing));
  return sideOf(standing, ceiling);
}

function sideOf(standing: TokenStanding, { scope, nodes: most }: Ceiling): SubjectFacts {
  const permissions = scopeNow(standing, scope);
  const nodes = nodesWithin(standing, most);
  if (standing.identity === 'tenant') {
    const { value: installation } = standing.installation;
    return { app: { ...sideOfInstallation(installation, standing.app), permissions, nodes }, dataRange: installation.dataRange };
  }
  return { app: { identity: 'user', connected: true, permissions, nodes, appOnly: false }, member: standing.member.value };
}

/** In a word what stands in the way of this app and member altogether; where nothing does, this token alone is over. */
async function whyDead(deps: OAuthDeps, binding: TokenBinding): Promise<SubjectFacts> {
  const { hindrance } = await readSubject(deps, binding.tenant, subjectOf(binding));
  return { hindrance: hindrance ?? DEAD_TOKEN };
}
