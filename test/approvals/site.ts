import { join } from 'node:path';

import type { App } from '#src/apps/app.ts';
import { registerApp } from '#src/apps/app-store.ts';
import { loadCatalogue } from '#src/apps/catalogue.ts';
import { createVersion, publishVersion } from '#src/apps/version-store.ts';
import { approvalPages, REVIEWS_SECTION, RULES_SECTION } from '#src/approvals/pages.ts';
import { requestReview, type ReviewAsk } from '#src/approvals/request-review.ts';
import type { Review } from '#src/approvals/review.ts';
import { usageOf } from '#src/consent/app-usage.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { accountPages, SECURITY_SECTION } from '#src/sign-in/account-pages.ts';
import { adminPages } from '#src/sign-in/admin-pages.ts';
import { createPasswords, hashPassword } from '#src/sign-in/password.ts';
import { signInPages } from '#src/sign-in/pages.ts';
import { createSession } from '#src/sign-in/session-store.ts';
import { openStore } from '#src/storage/open-store.ts';
import { addMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { createUser } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';
import { system } from '#test/support/domain.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { projectRoot, startWeb } from '#test/support/web.ts';

const PASSWORD = 'correct horse battery staple';
const CHEAP = { memory: 64, passes: 1, parallelism: 1 };
const PERMISSIONS = {
  user: { required: ['meetings:read'], optional: ['contacts:read', 'messages:read', 'files:read'] },
  tenant: { required: [], optional: ['meetings.all:read', 'directory:read', 'notices:send', 'files.all:write'] },
};

export type ApprovalSite = Awaited<ReturnType<typeof startApprovalSite>>;

/**
 * The administration of Northwind (ada owns it, chloe is an admin, ben and dan are members) and of Contoso (erin), with
 * the operator's own catalogue, as browsers see it.
 */
export async function startApprovalSite() {
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
  const roles = [[northwind, people.ada, 'owner'], [northwind, people.chloe, 'admin'], [northwind, people.ben, 'member'], [northwind, people.dan, 'member'], [contoso, people.erin, 'owner']] as const;
  for (const [tenant, { id: user }, role] of roles) await addMember(deps, { tenant, user, role }, system);

  const makeApp = async (name: string, developer: Partial<App['developer']> = {}): Promise<AppId> => {
    const { app } = await registerApp(deps, { name, tagline: 'Plans meetings that nobody minds', developer: { name: 'Example Software', uri: null, verified: true, ...developer }, authMethod: 'client_secret_basic' }, system);
    const version = await createVersion(deps, { app: app.id, redirectUris: ['https://app.example/callback'], permissions: PERMISSIONS }, system);
    await publishVersion(deps, { app: app.id, version: version.id }, system);
    return app.id;
  };
  const scheduler = await makeApp('Scheduler Pro');

  const web = await startWeb({
    accountSections: [SECURITY_SECTION],
    adminSections: [REVIEWS_SECTION, RULES_SECTION],
    mounts: [
      { at: ['/sign-in', '/sign-out'], manner: 'page', use: signInPages({ ...signInDeps, nameOfApp: async () => undefined, pendingSignIns: { find: () => Promise.reject(new Error('no app waits')), signedIn: async () => '/' } }).routes() },
      { at: ['/admin'], manner: 'page', use: adminPages(deps).routes() },
      { at: ['/admin', '/requests'], manner: 'page', use: approvalPages({ ...deps, usageOf: usageOf(deps), cursorKey: Buffer.alloc(32, 5) }).routes() },
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
    scheduler,
    makeApp,
    signIn,
    at: (path: string) => web.origin + path,
    sessionCookie: async (user: User) => {
      const { cookie } = await createSession(deps, { user, userAgent: 'test', address: '127.0.0.1', expiresAt: clock() + 3_600_000 });
      return { name: 'assent_session', value: cookie, url: web.origin };
    },
    async ask(user: User, more: Partial<ReviewAsk> = {}): Promise<Review> {
      const wish = { tenant: northwind, app: scheduler, permissions: { user: ['contacts:read'], tenant: ['meetings.all:read'] }, cause: 'request', reason: '', resume: null, ...more } as const;
      const outcome = await requestReview(deps, wish, { kind: 'user', id: user.id });
      if (!('review' in outcome)) throw new Error(`Nothing was put to review: ${outcome.is}`);
      return outcome.review;
    },
    pass: (ms: number) => void (shift += ms),
    async close() {
      await web.close();
      await store.close();
    },
  };
}
