import { createHttpBrowser, type Click } from './http-browser.ts';
import { authorize, begin, exchange, post, type Reply } from './oauth-flow.ts';
import type { Person, TestApp, World } from './world.ts';

/** What the scheduler needs to act for a tenant. */
export const EVERYBODYS = 'meetings.all:read';

export interface Installing {
  readonly app?: TestApp;
  readonly scope?: string;
  readonly tenant?: string;
  /** Only these; without it, all members. */
  readonly dataRange?: { readonly groups?: readonly string[]; readonly members?: readonly string[] };
  /** Optional permissions to tick. */
  readonly permissions?: readonly string[];
}

/** What the button of an admin's consent says, by what it does. */
export const YES = /^(?:Authorize|Install|Approve|Confirm)/;

/** An admin installs the app for the tenant on the consent page, and the app redeems the code: its answer. */
export async function install(
  world: World<any>,
  admin: Person,
  { app = world.apps.scheduler, scope = EVERYBODYS, tenant = world.tenants.northwind, dataRange, permissions = [] }: Installing = {},
): Promise<Reply> {
  const attempt = begin(world, { app, parameters: { identity: 'tenant', tenant, scope, nonce: undefined } });
  const answer = await authorize(attempt, admin, { browser: createHttpBrowser(), button: YES, ...rangeOf(dataRange, permissions) });
  return exchange(world, attempt, answer.get('code'));
}

const rangeOf = (range: Installing['dataRange'], permissions: readonly string[]): Partial<Click> => ({
  tick: [
    ...permissions.map((name) => `tenant_permission=${name}`),
    ...(range ? ['for=some', ...(range.groups ?? []).map((id) => `group=${id}`), ...(range.members ?? []).map((id) => `member=${id}`)] : []),
  ],
  untick: range ? ['for=everyone'] : [],
});

/** With the app's own credentials, nobody being there. */
export const tenantToken = (
  world: World<any>,
  { app = world.apps.scheduler, tenant = world.tenants.northwind, scope, at }: { app?: TestApp; tenant?: string; scope?: string; at?: string } = {},
): Promise<Reply> => post(world, '/oauth/token', app, { grant_type: 'client_credentials', tenant, scope }, { at });

/** Everything that the app ever had in the tenant is gone, and nothing stands against it. */
export async function forgetApp(world: World<any>, app: TestApp = world.apps.scheduler, tenant = world.tenants.northwind): Promise<void> {
  await world.manage.remove(`/tenants/${tenant}/installations/${app.id}?everything=true`);
  await world.manage.post(`/tenants/${tenant}/approvals`, { app: app.id, permissions: {} });
}

export const approve = (world: World<any>, { app = world.apps.scheduler, tenant = world.tenants.northwind, ...more }: { app?: TestApp; tenant?: string; permissions: object; availability?: object }): Promise<any> =>
  world.manage.post(`/tenants/${tenant}/approvals`, { app: app.id, ...more });

/** Withdrawn, or blocked. */
export const shut = (world: World<any>, status: 'withdrawn' | 'blocked', { app = world.apps.scheduler, tenant = world.tenants.northwind }: { app?: TestApp; tenant?: string } = {}): Promise<any> =>
  world.manage.post(`/tenants/${tenant}/approvals`, { app: app.id, status });
