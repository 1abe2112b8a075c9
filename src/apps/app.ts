import type { ClientSecret } from '#src/client-secret.ts';
import type { AppId, TenantId, VersionId } from '#src/ids.ts';
import type { RequestedResources } from '#src/resources/resource.ts';

export type { ClientSecret };

/** Third-party software: an OAuth client, a listing, and versions. */
export interface App {
  readonly id: AppId;
  readonly name: string;
  readonly tagline: string;
  readonly logoUri: string | null;
  readonly homepageUri: string | null;
  readonly privacyUri: string | null;
  readonly developer: { readonly name: string; readonly uri: string | null; readonly verified: boolean };
  /** The tenant whose own app it is: only there can it be used. `null` for an app that every tenant may have. */
  readonly owner: TenantId | null;
  /** Whether it stands in the marketplace for everybody. A tenant's own app stands there for its members only. */
  readonly listed: boolean;
  /** `disabled` is the operator's kill switch: no token of the app works anywhere. */
  readonly status: 'active' | 'disabled';
  readonly authMethod: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';
  /** At most two, so that one can be replaced while the other still works. */
  readonly secrets: readonly ClientSecret[];
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] } | null;
  /** Public clients always need PKCE; a confidential one can be exempted because some common libraries send none. */
  readonly pkce: 'required' | 'exempt';
  readonly dpopBound: boolean;
  /** The version in use, or `null` before the first one goes live. */
  readonly liveVersion: VersionId | null;
  readonly createdAt: string;
}

/** Whether the tenant may have it at all. */
export const isForTenant = ({ owner }: App, tenant: TenantId): boolean => owner === null || owner === tenant;

/** Names of permissions in the catalogue. */
export interface RequestedPermissions {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

export interface Version {
  readonly id: VersionId;
  readonly app: AppId;
  /** Counts up from 1 within the app. */
  readonly number: number;
  readonly status: 'draft' | 'submitted' | 'live' | 'retired';
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly launchUri: string | null;
  /** What the app may ask for at most, by identity. Required ones cannot be left out by the person. */
  readonly permissions: { readonly user: RequestedPermissions; readonly tenant: RequestedPermissions };
  /** Whether it can use shared access (BEHAVIOURS Z1). */
  readonly sharedAccess: boolean;
  /** What it may ask for on nodes of the resource tree (S1). Absent in versions that ask for none. */
  readonly resources?: RequestedResources | undefined;
  /** Whether what it holds on nodes for tenant identity counts with no person in the call (S6). */
  readonly appOnly?: boolean | undefined;
  readonly createdAt: string;
}

/** What the OAuth side needs of an app: itself and the version in use, read together. */
export interface LiveApp {
  readonly app: App;
  readonly version: Version;
}
