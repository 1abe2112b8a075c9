import type { GroupId, UserId } from '#src/ids.ts';

/** What a person filled in so far. */
export interface ConsentDraft {
  readonly ticked: readonly string[];
  readonly tenantTicked: readonly string[];
  readonly sharedAccess: boolean;
  readonly reason: string;
  readonly allMembers: boolean;
  readonly groups: readonly GroupId[];
  readonly members: readonly UserId[];
  /** Words to find members by. */
  readonly query: string;
}
