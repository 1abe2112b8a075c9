import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { App, Version } from '#src/apps/app.ts';
import { findLiveApp, registerApp } from '#src/apps/app-store.ts';
import { createVersion, publishVersion, type VersionInput } from '#src/apps/version-store.ts';
import { changeRules } from '#src/approvals/change-rules.ts';
import type { ConsentDecision, Grant } from '#src/consent/grant.ts';
import { grantChange, readGrant } from '#src/consent/grant-store.ts';
import { consentPages } from '#src/consent/pages.ts';
import type { PendingConsents } from '#src/consent/pending-consent.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import { redirectTo } from '#src/http/render.ts';
import { createRouter } from '#src/http/web-context.ts';
import type { TenantId } from '#src/ids.ts';
import type { InstallDecision, Installation } from '#src/installations/installation.ts';
import { installationChange, readInstallation } from '#src/installations/installation-store.ts';
import { SESSION_COOKIE } from '#src/sign-in/session-cookie.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import { signInPages } from '#src/sign-in/pages.ts';
import { createSession } from '#src/sign-in/session-store.ts';
import { openSqliteStore } from '#src/storage/sqlite/sqlite-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { giveDelegation } from '#src/tenants/delegation-store.ts';
import { addMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { createUser } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { testResourceKinds } from '#test/support/resource-kinds.ts';
import { startWeb } from '#test/support/web.ts';

import { aRequest, catalogue } from './facts.ts';

const OPERATOR: Actor = { kind: 'operator', id: 'opr_test' };

type Answer = { decision: ConsentDecision; installation: InstallDecision | null } | { installation: InstallDecision } | { refused: { error: string; description: string } };

export type ConsentSite = Awaited<ReturnType<typeof startConsentSite>>;

/**
 * The consent page on a real store, with people and apps in it. In place of the protocol stand pending requests that
 * are kept here: what the page hands over is recorded, and the browser is sent on to the app, which is a server too.
 */
export async function startConsentSite() {
  const folder = mkdtempSync(join(tmpdir(), 'assent-consent-'));
  const store = openSqliteStore(join(folder, 'consent.db'), { clock: Date.now });
  const deps: Deps = { store, clock: Date.now };
  const requests = new Map<string, PendingRequest>();
  const answers = new Map<string, Answer[]>();

  const appServer = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>App</title><p>Back in the app.'));
  await new Promise<void>((resolve) => appServer.listen(0, '127.0.0.1', resolve));
  const appOrigin = `http://127.0.0.1:${(appServer.address() as AddressInfo).port}`;

  const open = (uid: string): PendingRequest => {
    const request = requests.get(uid);
    if (!request || answers.has(uid)) throw new AppError('interaction_expired');
    return request;
  };
  const answer = (uid: string, given: Answer, query: string): string => {
    const { redirectUri } = open(uid);
    answers.set(uid, [...(answers.get(uid) ?? []), given]);
    return `${redirectUri}?${query}`;
  };
  const pendingConsents: PendingConsents = {
    find: async (_, uid) => open(uid),
    consented: async (_, uid, { user, installation }) => answer(uid, user ? { decision: user, installation } : { installation: installation! }, 'code=1'),
    refused: async (_, uid, reason) => answer(uid, { refused: reason }, `error=${reason.error}`),
  };

  const entrance = createRouter().get('/enter/:user', async (ctx) => {
    const user = people.find(({ id }) => id === ctx.params['user']);
    if (!user) throw new AppError('not_found');
    const { cookie } = await createSession(deps, { user, userAgent: '', address: '', expiresAt: Date.now() + 3_600_000 });
    ctx.cookies.set(SESSION_COOKIE, cookie);
    redirectTo(ctx, '/sign-out');
  });
  const signIn = signInPages({
    ...deps,
    passwords: { verify: async () => ({ right: false, rehash: undefined }) },
    deviceKey: Buffer.alloc(32, 1),
    sessionSeconds: 3600,
    pendingSignIns: { find: async (_, uid) => open(uid), signedIn: async (_, uid) => `/consent/${uid}` },
    nameOfApp: async () => undefined,
  });
  const pages = consentPages({ ...deps, catalogue, resourceKinds: testResourceKinds, pendingConsents, consentKey: Buffer.alloc(32, 5) });
  const web = await startWeb({
    mounts: [
      { at: ['/enter'], manner: 'page', use: entrance.routes() },
      { at: ['/sign-in', '/sign-out'], manner: 'page', use: signIn.routes() },
      { at: ['/consent'], manner: 'page', use: pages.routes() },
    ],
  });

  const person = (name: string, email: string) => createUser(deps, { name, email }, OPERATOR);
  const [ada, ben, chloe, dora, gil] = await Promise.all([
    person('Ada Lovelace', 'ada@northwind.example'),
    person('Ben Okri', 'ben@northwind.example'),
    person('Chloé Dupont', 'chloe@contoso.example'),
    person('Dora Nowhere', 'dora@nowhere.example'),
    person('Gil Admin', 'gil@northwind.example'),
  ]);
  const people: readonly User[] = [ada, ben, chloe, dora, gil];
  const northwind = await createTenant(deps, { name: 'Northwind' }, OPERATOR);
  const contoso = await createTenant(deps, { name: 'Contoso' }, OPERATOR);
  const foreign = await createTenant(deps, { name: 'Fabrikam' }, OPERATOR);
  await addMember(deps, { tenant: northwind.id, user: ada.id, role: 'owner' }, OPERATOR);
  await addMember(deps, { tenant: northwind.id, user: ben.id, role: 'member' }, OPERATOR);
  await addMember(deps, { tenant: northwind.id, user: gil.id, role: 'admin' }, OPERATOR);
  await addMember(deps, { tenant: contoso.id, user: chloe.id, role: 'owner' }, OPERATOR);
  await addMember(deps, { tenant: contoso.id, user: ben.id, role: 'member' }, OPERATOR);
  // Members may give their contacts away here; everything else is as the defaults say.
  const contactsAreFree = { exceptions: [{ permission: 'contacts:read', identity: 'user', treatment: 'auto' }] } as const;
  for (const { id: tenant } of [northwind, contoso]) await changeRules({ ...deps, catalogue }, { tenant, changes: contactsAreFree }, OPERATOR);
  const adaDelegatesToBen = () =>
    giveDelegation(
      { ...deps, catalogue },
      { tenant: northwind.id, giver: ada.id, receiver: ben.id, permissions: ['meetings:read'], endsAt: null },
      { kind: 'user', id: ada.id },
    );
  await adaDelegatesToBen();

  let counter = 0;
  const site = {
    deps,
    web,
    appOrigin,
    people: { ada, ben, chloe, dora, gil },
    tenants: { northwind, contoso, foreign },
    operator: OPERATOR,
    adaDelegatesToBen,

    /** A live app that returns to the app's server. */
    async app(details: Partial<Pick<App, 'name' | 'developer' | 'logoUri' | 'privacyUri'>> = {}, version: Partial<VersionInput> = {}) {
      const { app } = await registerApp(
        deps,
        { name: 'Scheduler Pro', developer: { name: 'Bright Tools', uri: 'https://bright.example/', verified: true }, authMethod: 'none', ...details },
        OPERATOR,
      );
      return { app, version: await site.publish(app, version) };
    },

    async publish(app: App, version: Partial<VersionInput> = {}): Promise<Version> {
      const draft = await createVersion(
        { ...deps, catalogue },
        {
          app: app.id,
          redirectUris: [`${appOrigin}/callback`],
          permissions: { user: { required: ['meetings:read'], optional: ['meetings:write', 'contacts:read'] } },
          sharedAccess: true,
          ...version,
        },
        OPERATOR,
      );
      return publishVersion(deps, { app: app.id, version: draft.id }, OPERATOR);
    },

    /** A request of the app that waits for this person. */
    pending(app: App, user: User, more: Partial<PendingRequest> = {}): PendingRequest {
      counter += 1;
      const uid = `uid-${counter}`;
      const request = aRequest({
        uid,
        app: app.id,
        user: user.id,
        redirectUri: `${appOrigin}/callback`,
        scopes: ['openid', 'profile', 'email', 'offline_access', 'meetings:read', 'meetings:write', 'contacts:read'],
        restartPath: `/sign-in?restart=${uid}`,
        ...more,
      });
      requests.set(uid, request);
      return request;
    },

    change: (uid: string, more: Partial<PendingRequest>) => void requests.set(uid, { ...open(uid), ...more }),
    answersTo: (request: PendingRequest): readonly Answer[] => answers.get(request.uid) ?? [],
    pageOf: (request: PendingRequest, tenant?: string): string =>
      `${web.origin}/consent/${request.uid}${tenant === undefined ? '' : `?tenant=${encodeURIComponent(tenant)}`}`,
    entranceOf: (user: User): string => `${web.origin}/enter/${user.id}`,

    async signedIn(user: User): Promise<HttpBrowser> {
      const browser = createHttpBrowser();
      await browser.open(site.entranceOf(user));
      return browser;
    },

    /** Puts a decision into a grant as the protocol does with the code. */
    async grant(request: PendingRequest, decision: ConsentDecision): Promise<Grant> {
      const user = request.user ?? ben.id;
      const before = await readGrant(deps, decision.tenant, user, request.app);
      const change = grantChange(decision, { before, user, app: request.app, asked: request.scopes, generation: 0, now: Date.now() });
      const result = await store.commit({ shard: shardOf(decision.tenant), ...change });
      if (!result.ok) throw new Error('the grant changed meanwhile');
      return change.grant;
    },

    /** Puts an admin's decision into an installation as the protocol does with the code. */
    async install(request: PendingRequest, decision: InstallDecision): Promise<Installation> {
      const live = await findLiveApp(deps, request.app);
      const before = await readInstallation(deps, decision.tenant, request.app);
      const { app, user = ada.id } = request;
      const change = installationChange(decision, { before, app, version: live!.version.id, user, generation: 0, now: Date.now() });
      const result = await store.commit({ shard: shardOf(decision.tenant), ...change });
      if (!result.ok) throw new Error('the installation changed meanwhile');
      return change.installation;
    },

    findGrant: async (request: PendingRequest, tenant: TenantId) =>
      (await readGrant(deps, tenant, request.user ?? ben.id, request.app))?.value,

    async close(): Promise<void> {
      await web.close();
      appServer.closeAllConnections();
      await new Promise((resolve) => appServer.close(resolve));
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
  return site;
}
