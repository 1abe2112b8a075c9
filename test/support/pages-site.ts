import { join } from 'node:path';

import { administrationPages, APPS_SECTION, MEMBERS_SECTION } from '#src/administration/pages.ts';
import type { App } from '#src/apps/app.ts';
import { registerApp } from '#src/apps/app-store.ts';
import { loadCatalogue } from '#src/apps/catalogue.ts';
import { createVersion, publishVersion, type VersionInput } from '#src/apps/version-store.ts';
import { approvalPages, REVIEWS_SECTION, RULES_SECTION } from '#src/approvals/pages.ts';
import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { usageOf } from '#src/consent/app-usage.ts';
import { grantChange, readGrant } from '#src/consent/grant-store.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { INSTALLATIONS_SECTION, installationPages } from '#src/installations/pages.ts';
import { marketplacePages } from '#src/marketplace/pages.ts';
import { accountPages, SECURITY_SECTION } from '#src/sign-in/account-pages.ts';
import { adminPages } from '#src/sign-in/admin-pages.ts';
import { createPasswords, hashPassword } from '#src/sign-in/password.ts';
import { signInPages } from '#src/sign-in/pages.ts';
import { createSession } from '#src/sign-in/session-store.ts';
import { openStore } from '#src/storage/open-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { createGroup } from '#src/tenants/group-store.ts';
import { addMember, findMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { createUser } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';

import { system } from './domain.ts';
import { createHttpBrowser, type HttpBrowser } from './http-browser.ts';
import { projectRoot, startWeb } from './web.ts';

const PASSWORD = 'correct horse battery staple';
const CHEAP = { memory: 64, passes: 1, parallelism: 1 };
export const LAUNCH = 'https://scheduler.example/launch';

export interface AppToMake extends Partial<VersionInput> {
  readonly developer?: Partial<App['developer']>;
  readonly tagline?: string;
  readonly listed?: boolean;
  readonly owner?: TenantId | null;
}

export type PagesSite = Awaited<ReturnType<typeof startPagesSite>>;

/**
 * The marketplace, the account and the administration of Northwind (ada owns it, chloe is an admin, ben and dan are
 * members) and of Contoso (erin owns it, ben is a member), with the operator's own catalogue, as browsers see them.
 * Apps ask for `permissions` unless they are made with others.
 */
export async function startPagesSite(permissions: VersionInput['permissions']) {
  let shift = 0;
  const clock = () => Date.now() + shift;
  const store = await openStore('sqlite::memory:', { clock });
  const catalogue = loadCatalogue(join(projectRoot, 'config/permissions.yaml'));
  const deps = { store, clock, catalogue };
  const signInDeps = { ...deps, passwords: createPasswords(CHEAP), deviceKey: Buffer.alloc(32, 3), sessionSeconds: 14 * 86_400 };

  const passwordHash = await hashPassword(PASSWORD, CHEAP);
  const person = (name: string, email: string) => createUser(deps, { name, email, passwordHash }, system);
  const people = {
    ada: await person('Ada Lovelace', 'ada@northwind.example'),
    ben: await person('Ben Okafor', 'ben@northwind.example'),
    chloe: await person('Chloe Martin', 'chloe@northwind.example'),
    dan: await person('Dan Silva', 'dan@northwind.example'),
    erin: await person('Erin Walsh', 'erin@contoso.example'),
  };
  const [northwind, contoso] = ['ten_northwind', 'ten_contoso'] as TenantId[] as [TenantId, TenantId];
  await createTenant(deps, { id: northwind, name: 'Northwind' }, system);
  await createTenant(deps, { id: contoso, name: 'Contoso' }, system);
  const roles = [
    [northwind, people.ada, 'owner'], [northwind, people.chloe, 'admin'], [northwind, people.ben, 'member'], [northwind, people.dan, 'member'],
    [contoso, people.erin, 'owner'], [contoso, people.ben, 'member'],
  ] as const;
  for (const [tenant, { id: user }, role] of roles) await addMember(deps, { tenant, user, role }, system);
  const sales = await createGroup(deps, { tenant: northwind, name: 'Sales' }, system);

  const makeApp = async (
    name: string,
    { developer, tagline = 'Plans meetings that nobody minds', listed = true, owner = null, ...content }: AppToMake = {},
  ): Promise<AppId> => {
    const details = { name, tagline, developer: { name: 'Example Software', uri: null, verified: true, ...developer }, authMethod: 'client_secret_basic', homepageUri: 'https://scheduler.example/', privacyUri: 'https://scheduler.example/privacy' } as const;
    const { app } = await registerApp(deps, { ...details, owner, listed: owner === null && listed }, system);
    const version = await createVersion(deps, { app: app.id, redirectUris: ['https://scheduler.example/callback'], launchUri: LAUNCH, permissions, ...content }, system);
    await publishVersion(deps, { app: app.id, version: version.id }, system);
    return app.id;
  };
  const scheduler = await makeApp('Scheduler Pro');

  const web = await startWeb({
    accountSections: [SECURITY_SECTION],
    adminSections: [APPS_SECTION, REVIEWS_SECTION, INSTALLATIONS_SECTION, RULES_SECTION, MEMBERS_SECTION],
    mounts: [
      { at: ['/sign-in', '/sign-out'], manner: 'page', use: signInPages({ ...signInDeps, nameOfApp: async () => undefined, pendingSignIns: { find: () => Promise.reject(new Error('no app waits')), signedIn: async () => '/' } }).routes() },
      { at: ['/admin'], manner: 'page', use: adminPages(deps).routes() },
      { at: ['/admin', '/requests'], manner: 'page', use: approvalPages({ ...deps, usageOf: usageOf(deps), cursorKey: Buffer.alloc(32, 5) }).routes() },
      { at: ['/admin'], manner: 'page', use: installationPages({ ...deps, cursorKey: Buffer.alloc(32, 5) }).routes() },
      { at: ['/admin'], manner: 'page', use: administrationPages({ ...deps, cursorKey: Buffer.alloc(32, 5) }).routes() },
      { at: ['/apps'], manner: 'page', use: marketplacePages({ ...deps, issuer: 'https://assent.example', pageKey: Buffer.alloc(32, 5) }).routes() },
      { at: ['/'], manner: 'page', use: accountPages(signInDeps).routes() },
    ],
  });

  const signIn = async ({ email }: User): Promise<HttpBrowser> => {
    const browser = createHttpBrowser();
    await browser.submit(await browser.open(`${web.origin}/sign-in`), { button: 'Sign in', fill: { email, password: PASSWORD } });
    return browser;
  };

  return {
    deps,
    web,
    people,
    northwind,
    contoso,
    sales,
    scheduler,
    makeApp,
    signIn,
    at: (path: string) => web.origin + path,
    sessionCookie: async (user: User) => {
      const { cookie } = await createSession(deps, { user, userAgent: 'test', address: '127.0.0.1', expiresAt: clock() + 3_600_000 });
      return { name: 'assent_session', value: cookie, url: web.origin };
    },
    /** As a member's consent in the app's own flow leaves it. */
    async connect({ id: user }: User, app: AppId, granted = ['openid', 'meetings:read'], tenant = northwind, sharedAccess = false) {
      const [before, member, { approval }] = await Promise.all([readGrant(deps, tenant, user, app), findMember(deps, tenant, user), readApprovalFacts(deps, tenant, app)]);
      if (!member) throw new Error('Only a member can connect an app');
      const decision = { tenant, permissions: granted, sharedAccess, basis: { membership: member.membership, grantSlot: before?.version ?? null } };
      const { grant, ...change } = grantChange(decision, { before, user, app, asked: granted, generation: generationOf(approval), now: clock() });
      await store.commit({ shard: shardOf(tenant), ...change });
      return grant;
    },
    pass: (ms: number) => void (shift += ms),
    async close() {
      await web.close();
      await store.close();
    },
  };
}
