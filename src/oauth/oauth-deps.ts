import type { LiveApp } from '#src/apps/app.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId } from '#src/ids.ts';
import type { NoteUse } from '#src/installations/last-use.ts';
import type { ResourceKinds } from '#src/resources/resource-kind.ts';
import type { RecentReads } from '#src/storage/recent-reads.ts';

import type { RotationRules } from './tokens/rotation.ts';

/** Lifetimes in seconds. */
export interface Lifetimes {
  readonly code: number;
  readonly accessToken: number;
  readonly jwtAccessToken: number;
  /** Since the last use of a refresh token, and since the first of its family. */
  readonly refreshToken: number;
  readonly refreshFamily: number;
  readonly session: number;
  readonly interaction: number;
}

export interface OAuthDeps extends Deps {
  readonly issuer: string;
  readonly catalogue: Catalogue;
  readonly resourceKinds: ResourceKinds;
  /** Live apps, at most a second old; the process that changed one sees the change at once. */
  readonly apps: { find(id: AppId): Promise<LiveApp | undefined> };
  readonly readRecent: RecentReads['readRecent'];
  readonly readBeside: RecentReads['readBeside'];
  readonly lifetimes: Lifetimes;
  readonly rotation: RotationRules;
  /** That an app acts through a grant or an installation just now. */
  readonly noteUse: NoteUse;
}
