import { z } from 'zod';

import type { AppId, GroupId, UserId } from '#src/ids.ts';

/** How the management API writes what approvals, reviews and rules have in common. */
const ids = <T extends string>(what: string, most: number) =>
  z.array(z.string().min(1).max(128)).max(most).meta({ description: `Ids of ${what}.` }).transform((texts) => texts as T[]);
const shownIds = z.array(z.string()).readonly();
const names = z.array(z.string().max(200)).max(500);
const treatment = z.enum(['auto', 'review', 'block']);
const identity = z.enum(['user', 'tenant']);
const byLevel = z.strictObject({ basic: treatment, advanced: treatment, restricted: treatment });

export const permissions = z.strictObject({ user: names.default([]), tenant: names.default([]) }).meta({ description: 'Names of permissions, by identity.', example: { user: ['meetings:write'], tenant: [] } });
export const shownPermissions = z.object({ user: shownIds, tenant: shownIds });

export const availability = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('everyone') }),
    z.strictObject({ kind: z.literal('some'), groups: ids<GroupId>('groups', 200).default([]), members: ids<UserId>('members', 1000).default([]) }),
  ])
  .meta({ description: 'For which members the app is there.' });
export const shownAvailability = z.union([z.object({ kind: z.literal('everyone') }), z.object({ kind: z.literal('some'), groups: shownIds, members: shownIds })]);

export const levels = z.strictObject({ user: byLevel, tenant: byLevel }).meta({ description: 'What becomes of a requested permission, by identity and level.' });
export const sensitive = treatment.meta({ description: 'User identity: how what the catalogue marks as sensitive is treated at least.' });
export const exceptions = z
  .array(z.strictObject({ permission: z.string().max(200), identity, treatment }))
  .max(500)
  .meta({ description: 'Permissions treated otherwise than their level.' });

export const trust = z
  .strictObject({
    apps: ids<AppId>('apps', 200).default([]),
    developers: names.default([]).meta({ description: 'Names of developers; only verified ones count.' }),
    availability: availability.default({ kind: 'everyone' }),
  })
  .meta({ description: 'Whose apps skip review, and for whom.' });
export const shownTrust = z.object({ apps: shownIds, developers: shownIds, availability: shownAvailability });

export const reviewers = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('app_admins') }),
    z.strictObject({ kind: z.literal('owners') }),
    z.strictObject({ kind: z.literal('people'), people: ids<UserId>('members', 50) }),
  ])
  .meta({ description: 'Who decides on reviews. What is restricted, an owner decides.' });
export const shownReviewers = z.union([z.object({ kind: z.enum(['app_admins', 'owners']) }), z.object({ kind: z.literal('people'), people: shownIds })]);

export const shownExceptions = z.array(z.object({ permission: z.string(), identity, treatment })).readonly();
export const actor = z.object({ kind: z.enum(['user', 'app', 'operator', 'system']), id: z.string().optional() }).meta({ description: 'Who did it.' });
export const treatments = treatment;
export const identities = identity;
