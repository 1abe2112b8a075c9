import { resourcePermission, resourcesOf } from '#src/apps/resource-permissions.ts';
import type { Version } from '#src/apps/app.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { holdsRight, type RequestedResource, type Right } from '#src/resources/resource.ts';
import type { AskedResource, PendingRequest } from '#src/sign-in/pending-request.ts';

/** How many nodes one request can ask for. */
export const MOST_ASKED = 10;

const fieldOf = (identity: Identity, place: number): string => `node_${identity}_${place}`;

/** All that the form can have. */
export const NODE_FIELDS = (['user', 'tenant'] as const).flatMap((identity) => Array.from({ length: MOST_ASKED }, (_, place) => fieldOf(identity, place)));

/** One right on a node that a request asks for, with what the version in use declares of it. */
export interface ResourceAsk {
  /** Names its part of the form. */
  readonly field: string;
  readonly identity: Identity;
  readonly kind: string;
  readonly right: Right;
  readonly template: string | null;
  /** The very node that the app means, or `null` where the person chooses. */
  readonly identifier: string | null;
  readonly required: boolean;
  /** The name by which the tenant decides on it. */
  readonly permission: string;
  /** What the person has to hold on the node: at run time it takes somebody who manages it (S12). */
  readonly needs: Right;
}

/** What the version declares that covers it; `undefined` when it declares less. A required one first. */
export const declaredFor = (version: Version, identity: Identity, asked: AskedResource): RequestedResource | undefined =>
  resourcesOf(version, identity)
    .filter(({ kind, right, template }) => kind === asked.kind && holdsRight(right, asked.right) && (template === null || asked.template === null || template === asked.template))
    .toSorted((a, b) => Number(b.required) - Number(a.required))[0];

/** What is not declared (any more) is refused by name before any page is shown; here it just has no effect. */
export const resourceAsks = ({ resources = [], identity: identities }: Pick<PendingRequest, 'resources' | 'identity'>, version: Version): ResourceAsk[] =>
  (identities.split(' ') as Identity[]).flatMap((identity) =>
    resources.flatMap((asked, place) => {
      const declared = declaredFor(version, identity, asked);
      if (!declared) return [];
      return {
        field: fieldOf(identity, place),
        identity,
        kind: asked.kind,
        right: asked.right,
        template: asked.template ?? declared.template,
        identifier: asked.identifier,
        required: declared.required,
        permission: resourcePermission(identity, declared),
        needs: asked.identifier !== null && !holdsRight(asked.right, 'manage') ? 'manage' : asked.right,
      };
    }),
  );
