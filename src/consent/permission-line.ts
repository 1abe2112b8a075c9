import type { Catalogue } from '#src/apps/catalogue.ts';

import { isProtocolScope } from './requested-scopes.ts';

/** One thing that an app may do, in words. */
export interface PermissionLine {
  /** The scope values that it stands for. */
  readonly scopes: readonly string[];
  readonly title: string;
  readonly explanation: string;
  readonly sensitive: boolean;
}

const profileTitle = (name: boolean, email: boolean): string =>
  name && email
    ? 'See your name and e-mail address'
    : name
      ? 'See your name'
      : email
        ? 'See your e-mail address'
        : 'Know that it is you';

/** `openid`, `profile` and `email` are one line: to the person they are one thing. */
function profileLine(scopes: readonly string[]): PermissionLine[] {
  const about = scopes.filter((scope) => ['openid', 'profile', 'email'].includes(scope));
  if (about.length === 0) return [];
  return [
    {
      scopes: about,
      title: profileTitle(about.includes('profile'), about.includes('email')),
      explanation: 'So that it knows who is using it. It never sees your password.',
      sensitive: false,
    },
  ];
}

function offlineLine(scopes: readonly string[]): PermissionLine[] {
  if (!scopes.includes('offline_access')) return [];
  return [
    {
      scopes: ['offline_access'],
      title: 'Stay connected when you are not there',
      explanation: 'It keeps what you allow here while you are signed out, until you take it back.',
      sensitive: false,
    },
  ];
}

/** The lines for these scope values: who you are first, staying connected last, the catalogue's words in between. */
export function permissionLines(scopes: readonly string[], catalogue: Catalogue): readonly PermissionLine[] {
  const permissions = scopes.filter((scope) => !isProtocolScope(scope)).flatMap((name) => catalogue.find(name) ?? []);
  return [
    ...profileLine(scopes),
    ...permissions.map(({ name, title, explanation, sensitive }) => ({ scopes: [name], title, explanation, sensitive })),
    ...offlineLine(scopes),
  ];
}
