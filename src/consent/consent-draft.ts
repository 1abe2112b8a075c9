import type { AudienceDraft } from '#src/approvals/audience-form.ts';

import type { NodeDraft } from './resource-choices.ts';

/** What a person filled in so far. */
export interface ConsentDraft {
  readonly ticked: readonly string[];
  readonly tenantTicked: readonly string[];
  readonly sharedAccess: boolean;
  /** By the field of what was asked. */
  readonly nodes?: Readonly<Record<string, NodeDraft>>;
  readonly reason: string;
  /** Whose data the app may reach. */
  readonly dataRange: AudienceDraft;
}
