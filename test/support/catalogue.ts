import type { Catalogue, Permission } from '#src/apps/catalogue.ts';

const permission = (name: string, more: Partial<Permission> = {}): Permission => ({
  name,
  title: `Title of ${name}`,
  explanation: `What ${name} means.`,
  identities: ['user', 'tenant'],
  level: 'basic',
  sensitive: false,
  listedApps: true,
  resource: 'https://api.platform.example/meetings',
  ...more,
});

const permissions: readonly Permission[] = [
  permission('meetings:read'),
  permission('meetings:write', { level: 'advanced' }),
  permission('calendar:read', { identities: ['user'] }),
  permission('everything:control', { level: 'restricted', listedApps: false }),
  permission('directory:read', { identities: ['tenant'], level: 'restricted', sensitive: true }),
];

/** A small catalogue with one permission of each sort. */
export const testCatalogue: Catalogue = {
  permissions,
  find: (name) => permissions.find((each) => each.name === name),
};
