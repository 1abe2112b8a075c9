import type { AppId, TenantId, UserId } from '#src/ids.ts';

import type { Availability } from './availability.ts';

export type Identity = 'user' | 'tenant';
export type Level = 'basic' | 'advanced' | 'restricted';
/** What a tenant does with a requested permission: it acts at once, it is put to a reviewer, or it is never given. */
export type Treatment = 'auto' | 'review' | 'block';

/** One permission treated otherwise than its level. */
export interface RuleException {
  readonly permission: string;
  readonly identity: Identity;
  readonly treatment: Treatment;
}

/** Those who skip review (L11), for the availability that the rule names. */
export interface Trust {
  readonly apps: readonly AppId[];
  /** Names of developers, as they stand at their apps; only verified ones count. */
  readonly developers: readonly string[];
  readonly availability: Availability;
}

export interface Rules {
  readonly tenant: TenantId;
  readonly levels: Readonly<Record<Identity, Readonly<Record<Level, Treatment>>>>;
  /** User identity only: what the catalogue marks as sensitive (contacts, messages) is treated like this at least. */
  readonly sensitive: Treatment;
  readonly exceptions: readonly RuleException[];
  readonly trust: Trust;
  /** Who decides on reviews (L10): those who may manage apps, the owners, or named people. Restricted ones: an owner. */
  readonly reviewers: { readonly kind: 'app_admins' } | { readonly kind: 'owners' } | { readonly kind: 'people'; readonly people: readonly UserId[] };
}

/** L9. A tenant changes each. */
export const defaultRules = (tenant: TenantId): Rules => ({
  tenant,
  levels: {
    user: { basic: 'auto', advanced: 'auto', restricted: 'review' },
    tenant: { basic: 'auto', advanced: 'review', restricted: 'review' },
  },
  sensitive: 'review',
  exceptions: [],
  trust: { apps: [], developers: [], availability: { kind: 'everyone' } },
  reviewers: { kind: 'app_admins' },
});
