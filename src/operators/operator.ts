import type { ClientSecret } from '#src/client-secret.ts';
import type { OperatorId } from '#src/ids.ts';

export const OPERATOR_SCOPES = ['manage', 'read'] as const;
export type OperatorScope = (typeof OPERATOR_SCOPES)[number];

/** A credential of those who run Assent: the management API is called with it. */
export interface Operator {
  readonly id: OperatorId;
  readonly name: string;
  /** At most two, so that one can be replaced while the other still works. */
  readonly secrets: readonly ClientSecret[];
  /** What it may ask for: to change things, or only to read them. */
  readonly scopes: readonly OperatorScope[];
  readonly createdAt: string;
}
