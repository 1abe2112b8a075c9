import type { Catalogue } from '#src/apps/catalogue.ts';

import type { PermissionsByIdentity } from './check-approval.ts';
import { decide, declaredFor, type AppInTenant } from './decide.ts';
import type { Identity, Level } from './rules.ts';

/** A permission as those who decide on it read it. */
export interface PermissionWords {
  readonly name: string;
  readonly title: string;
  readonly explanation: string;
  readonly level: Level;
  readonly levelWord: string;
  readonly sensitive: boolean;
}

export interface IdentityWords {
  readonly identity: Identity;
  readonly heading: string;
  readonly meaning: string;
  readonly permissions: readonly PermissionWords[];
}

export const LEVEL_WORDS: Readonly<Record<Level, string>> = { basic: 'Basic', advanced: 'Advanced', restricted: 'Restricted' };

export const IDENTITY_WORDS: Readonly<Record<Identity, { heading: string; meaning: string }>> = {
  user: { heading: 'For a member', meaning: 'The app acts as the member who uses it, and reaches only what that member reaches.' },
  tenant: { heading: 'For the whole organisation', meaning: 'The app acts as itself, also when nobody uses it.' },
};

export function permissionWords(names: readonly string[], catalogue: Catalogue): PermissionWords[] {
  return names.map((name) => {
    const { title = name, explanation = 'It is not in the catalogue any more, so it cannot be given.', level = 'basic', sensitive = false } = catalogue.find(name) ?? {};
    return { name, title, explanation, level, levelWord: LEVEL_WORDS[level], sensitive };
  });
}

/** By identity, without those for which there is nothing. */
export const byIdentity = (permissions: PermissionsByIdentity, catalogue: Catalogue): IdentityWords[] =>
  (['user', 'tenant'] as const)
    .map((identity) => ({ identity, ...IDENTITY_WORDS[identity], permissions: permissionWords(permissions[identity], catalogue) }))
    .filter((each) => each.permissions.length > 0);

/** What the app may do there already without asking anybody. */
export const allowedNow = (standing: AppInTenant): PermissionsByIdentity => {
  const of = (identity: Identity) => declaredFor(standing.version, identity).filter((name) => decide(name, identity, standing).treatment === 'auto');
  return { user: of('user'), tenant: of('tenant') };
};
