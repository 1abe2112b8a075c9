import type { AudienceDraft } from '#src/approvals/audience-form.ts';

/** What a person filled in so far. */
export interface ConsentDraft {
  readonly ticked: readonly string[];
  readonly tenantTicked: readonly string[];
  readonly sharedAccess: boolean;
  readonly reason: string;
  /** Whose data the app may reach. */
  readonly dataRange: AudienceDraft;
}
