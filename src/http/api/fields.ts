import { z } from 'zod';

/** Fields that many bodies and answers have. The use cases say what a good name is; here stands only what is certain. */
export const name = z.string().max(400).meta({ description: '1 to 100 characters, none invisible.', example: 'Northwind' });
export const time = z.string().meta({ description: 'ISO 8601, UTC.', example: '2026-11-21T20:00:00.000Z' });
export const idText = z.string().meta({ description: 'An id.' });

/** An id in a body or a query, as the type that the use case wants. */
export const idOf = <T extends string>(what: string) =>
  z
    .string()
    .min(1)
    .max(128)
    .meta({ description: `Id of ${what}.` })
    .transform((text) => text as T);

/** For things that a platform already has a name for. */
export const chosen = z
  .string()
  .min(1)
  .max(128)
  .regex(/[^.]/, 'Must not be a step in a path.')
  .optional()
  .meta({ description: 'The id it is to have: 1 to 128 visible ASCII characters. Without it, one is made.' });

export const permissionNames = z.array(z.string().max(200)).max(500).meta({ description: 'Names of permissions in the catalogue.', example: ['meetings:read'] });

export const searchText = z.string().max(200).meta({ description: 'Words of the name, or beginnings of them.', example: 'northw' });

/** A secret in the answer that makes it. */
export const secretOnce = z.string().meta({ format: 'password', description: 'Shown this once; only its digest is kept.' });

/** What an app holds on nodes of the resource tree; only where it holds any. */
export const heldResources = z
  .array(z.object({ kind: z.string(), id: z.string(), right: z.string() }))
  .readonly()
  .optional()
  .meta({ description: 'Nodes of the resource tree, with what the app may do on each and on all below it.' });
