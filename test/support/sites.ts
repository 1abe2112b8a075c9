import type { World } from './world.ts';

const ref = (kind: string, id: string) => ({ kind, id });
const [org, company, sales, office] = [ref('tenancy', 'northwind'), ref('site_collection', 'company'), ref('web', 'sales'), ref('web', 'office')];

/** The sites and lists that the sample platform API has, in Northwind's tree: Ada holds it all, Ben writes in Sales and reads the office, Dan reads Sales. */
export async function makeSites({ manage, tenants: { northwind }, people }: Pick<World<any>, 'manage' | 'tenants' | 'people'>): Promise<void> {
  const list = (id: string, parent: object, title: string, template: string) => ({ kind: 'list', id, parent, title, template });
  await manage.post(`/tenants/${northwind}/resources`, {
    nodes: [
      { ...org, parent: null, title: 'Northwind' },
      { ...company, parent: org, title: 'Company' },
      { ...sales, parent: company, title: 'Sales' },
      { ...office, parent: company, title: 'Office' },
      list('sales-tasks', sales, 'Sales tasks', 'tasks'),
      list('sales-follow-ups', sales, 'Follow-ups', 'tasks'),
      list('sales-documents', sales, 'Offers', 'documents'),
      list('office-tasks', office, 'Repairs', 'tasks'),
      list('office-documents', office, 'Handbook', 'documents'),
    ],
  });
  const give = ({ kind, id }: { kind: string; id: string }, user: { id: string }, right: string) => manage.put(`/tenants/${northwind}/resources/${kind}/${id}/rights/${user.id}`, { right });
  await give(org, people.ada, 'full_control');
  await give(sales, people.ben, 'write');
  await give(office, people.ben, 'read');
  await give(sales, people.dan, 'read');
}

/** As the sample app asks: one list to write in, and sites to read. */
export const READS_AND_WRITES = [
  { type: 'resource_access', kind: 'list', right: 'write', template: 'tasks' },
  { type: 'resource_access', kind: 'web', right: 'read' },
] as const;

/** The version of the sample app that can be opened, and that asks for something on nodes. */
export const siteVersion = (origin: string) => ({
  redirectUris: [`${origin}/callback`],
  launchUri: `${origin}/launch`,
  permissions: {
    user: { required: ['meetings:read'], optional: ['meetings:write', 'calendar:read', 'contacts:read', 'recordings:read'] },
    tenant: { required: ['meetings.all:read'], optional: ['rooms:read', 'directory:read'] },
  },
  resources: {
    user: [{ kind: 'list', right: 'write', template: 'tasks', required: false }, { kind: 'web', right: 'read', required: false }],
    tenant: [{ kind: 'web', right: 'read', required: false }],
  },
  appOnly: true,
  sharedAccess: true,
});
