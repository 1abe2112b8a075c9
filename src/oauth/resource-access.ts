import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';

import type { LiveApp } from '#src/apps/app.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { effectiveResources } from '#src/consent/effective-permissions.ts';
import { reachableNodes } from '#src/consent/held-nodes.ts';
import { declaredFor, MOST_ASKED } from '#src/consent/resource-asks.ts';
import { holdsRight, RIGHTS, type EffectiveGrant, type ResourceGrant, type Right } from '#src/resources/resource.ts';
import type { AskedResource } from '#src/sign-in/pending-request.ts';

import { asOAuth } from './errors.ts';
import type { OAuthDeps } from './oauth-deps.ts';
import { DETAILS_ASKED } from './provider-internals.ts';
import { actsThrough, type TokenStanding } from './tokens/standing.ts';
import { unitOf } from './unit-of-work.ts';

/** The one type of `authorization_details` (RFC 9396): a right on a node of the tenant's resource tree. */
export const RESOURCE_ACCESS = 'resource_access';

/** As it stands in token answers, introspection and JWTs. */
export interface ResourceDetail {
  readonly type: typeof RESOURCE_ACCESS;
  readonly kind: string;
  readonly right: Right;
  /** The node that was chosen. */
  readonly identifier: string;
}

class InvalidAuthorizationDetails extends errors.CustomOIDCProviderError {
  constructor(description: string) {
    super('invalid_authorization_details', description);
  }
}

const text = z.string().min(1).max(200);
const detail = z.strictObject({
  type: z.literal(RESOURCE_ACCESS),
  kind: text,
  right: z.enum(RIGHTS),
  template: text.optional(),
  identifier: text.optional(),
});

type Parameters = Readonly<Record<string, string | undefined>>;

/** What a request asks for on nodes. RFC 9396 section 5: what is not understood is refused, by name. */
export function resourcesAsked(params: Parameters): AskedResource[] {
  const sent = params[DETAILS_ASKED];
  if (sent === undefined) return [];
  const list = parsed(sent);
  if (!Array.isArray(list) || list.length > MOST_ASKED) throw new InvalidAuthorizationDetails(`authorization_details is a JSON array of at most ${MOST_ASKED} objects`);
  return list.map((each: unknown, place) => {
    const { data, error } = detail.safeParse(each);
    if (data) return { kind: data.kind, right: data.right, template: data.template ?? null, identifier: data.identifier ?? null };
    const [issue] = error.issues;
    const member = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
    throw new InvalidAuthorizationDetails(`authorization_details ${place}: ${visible(member ?? '')} is not as it has to be (type ${RESOURCE_ACCESS}: kind, right, template, identifier)`);
  });
}

function parsed(sent: string): unknown {
  try {
    return JSON.parse(sent);
  } catch {
    return undefined;
  }
}

/** RFC 6749 section 4.1.2.1 lets few characters into a description. */
const visible = (value: string): string => value.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?').slice(0, 100);

const named = ({ kind, right, template }: AskedResource): string => visible(`${right} on ${template === null ? '' : `${template} `}${kind}`);

/** Before anybody is asked: what nobody knows, or the version in use does not declare, is refused by name (S4). */
export function checkResourcesAsked({ resourceKinds }: Pick<OAuthDeps, 'resourceKinds'>, live: LiveApp | undefined, identities: readonly Identity[], params: Parameters): void {
  for (const asked of resourcesAsked(params)) {
    const kind = resourceKinds.find(asked.kind);
    if (!kind) throw new InvalidAuthorizationDetails(`there is no kind ${visible(asked.kind)}`);
    if (asked.template !== null && !kind.templates.includes(asked.template)) throw new InvalidAuthorizationDetails(`a ${kind.name} has no template ${visible(asked.template)}`);
    if (!live || !identities.some((identity) => declaredFor(live.version, identity, asked))) {
      throw new InvalidAuthorizationDetails(`the app did not declare ${named(asked)} for ${identities.join(' ')} identity`);
    }
    // S12: naming the node is asking at run time.
    if (asked.identifier !== null && asked.right === 'full_control') throw new InvalidAuthorizationDetails('full_control cannot be asked for on a node that the app names');
    if (asked.identifier !== null && identities.includes('tenant')) throw new InvalidAuthorizationDetails('app-only access cannot be asked for on a node that the app names');
  }
}

export const detailOf = ({ kind, id, right }: ResourceGrant): ResourceDetail => ({ type: RESOURCE_ACCESS, kind, right, identifier: id });

const lower = (a: Right, b: Right): Right => (holdsRight(a, b) ? b : a);

/** Of what a token was minted for, what the app still holds; `undefined` for all that it holds. */
export function nodesWithin(standing: TokenStanding, ceiling: readonly ResourceDetail[] | undefined): EffectiveGrant[] {
  const { resources } = actsThrough(standing);
  if (ceiling?.length === 0 || resources === undefined) return [];
  return effectiveResources(resources, standing.identity, standing.app).flatMap((held) => {
    if (ceiling === undefined) return [held];
    const most = ceiling.find(({ kind, identifier }) => kind === held.kind && identifier === held.id);
    return most ? [{ ...held, right: lower(held.right, most.right) }] : [];
  });
}

/** The same as far as anybody can reach it: what a token reaches on nodes right now. */
export const detailsNow = async (deps: OAuthDeps, standing: TokenStanding, ceiling: readonly ResourceDetail[] | undefined): Promise<ResourceDetail[]> =>
  (await reachableNodes(deps, actsThrough(standing).tenant, nodesWithin(standing, ceiling))).map(({ grant }) => detailOf(grant));

/** What stands with a token. */
export const detailsIn = ({ rar }: Readonly<Record<string, unknown>>): readonly ResourceDetail[] => (rar ?? []) as readonly ResourceDetail[];

/** Less when the app asks for less (L2); what it does not hold is refused by name. */
function narrowed(held: readonly ResourceDetail[], asked: readonly AskedResource[]): ResourceDetail[] {
  if (asked.length === 0) return [...held];
  const kept = asked.map((each) => {
    const fitting = held.filter(({ kind, right, identifier }) => kind === each.kind && holdsRight(right, each.right) && (each.identifier === null || identifier === each.identifier));
    if (fitting.length === 0) throw new InvalidAuthorizationDetails(`insufficient_scope: the app does not hold ${named(each)}${each.identifier === null ? '' : ` ${visible(each.identifier)}`}`);
    return fitting.map((one) => ({ ...one, right: each.right }));
  });
  const once = new Map<string, ResourceDetail>();
  for (const one of kept.flat()) {
    const name = JSON.stringify([one.kind, one.identifier]);
    const before = once.get(name);
    once.set(name, before && holdsRight(before.right, one.right) ? before : one);
  }
  return [...once.values()];
}

interface WithDetails {
  rar?: readonly ResourceDetail[];
}

/**
 * The library's part in it. Its feature itself is off: it would insist on a `resource` for each request (see
 * `nameDetailsApart`), while nodes are the tenant's and not of one resource server.
 */
export const richAuthorization = (deps: OAuthDeps) => ({
  enabled: false,
  async authorizationDetailsForAccessToken(ctx: KoaContextWithOIDC, _token: unknown, source: WithDetails | undefined) {
    const { standing } = unitOf(ctx);
    if (!standing) return undefined;
    const held = await asOAuth(() => detailsNow(deps, standing, source ? (source.rar ?? []) : undefined));
    const details = narrowed(held, resourcesAsked(ctx.oidc.params as Parameters));
    return details.length === 0 ? undefined : details;
  },
  // Read through what it hangs on, by the model.
  authorizationDetailsForIntrospection: (_ctx: unknown, token: WithDetails) => token.rar,
  authorizationDetailsForGrantSource: () => undefined,
});

/** Makes the library ask for the details of a token that comes of no code: defined, and yet nothing that it looks at. */
export function carryDetails(ctx: KoaContextWithOIDC): void {
  Object.assign(ctx.oidc.params ?? {}, { authorization_details: '' });
}

/** The library issues no code for no scope at all, unless nodes were granted. */
export function showDetails(ctx: KoaContextWithOIDC): void {
  const params = ctx.oidc.params as Record<string, string | undefined>;
  params['authorization_details'] = params[DETAILS_ASKED];
}
