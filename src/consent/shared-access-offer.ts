import type { Version } from '#src/apps/app.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import { displayText } from '#src/http/display-text.ts';
import type { Delegation } from '#src/tenants/delegation.ts';

import type { Grant } from './grant.ts';

/** The words on the box are part of the product (Z1). */
export const SHARED_ACCESS_LABEL = 'Allow this app to use my shared access permissions';

/** A live delegation to the member, with the giver's name. */
export interface ReceivedDelegation {
  readonly delegation: Delegation;
  readonly giverName: string;
}

export interface SharedAccessOffer {
  readonly label: string;
  /** Ticked only when the person ticked it before. */
  readonly alreadyAllowed: boolean;
  /** Who lets the member do what. */
  readonly from: readonly { readonly name: string; readonly permissions: readonly string[] }[];
}

/** The catalogue speaks to the owner of the data; here that is the giver, and the reader is somebody else. */
export const aboutTheGiver = (title: string): string => title.replace(/\byour\b/g, 'their');

/** The box, or `undefined`: it is only shown where it can mean something (Z1). */
export function sharedAccessOffer(
  version: Version,
  received: readonly ReceivedDelegation[],
  grant: Grant | undefined,
  catalogue: Catalogue,
): SharedAccessOffer | undefined {
  if (!version.sharedAccess || received.length === 0) return undefined;
  const byGiver = Map.groupBy(received, ({ delegation }) => delegation.giver);
  return {
    label: SHARED_ACCESS_LABEL,
    alreadyAllowed: grant?.sharedAccess ?? false,
    from: [...byGiver.values()]
      .map((delegations) => ({
        name: displayText(delegations[0]?.giverName ?? '') || 'Someone without a name',
        permissions: [...new Set(delegations.flatMap(({ delegation }) => delegation.permissions))].map(
          (name) => aboutTheGiver(catalogue.find(name)?.title ?? displayText(name)),
        ),
      }))
      .toSorted((a, b) => a.name.localeCompare(b.name, 'en')),
  };
}
