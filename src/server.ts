import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import compose from 'koa-compose';

import { administrationPages, APPS_SECTION, MEMBERS_SECTION } from './administration/pages.ts';
import { reachOf } from './administration/reach.ts';
import { grantTidier } from './administration/tidy-grants.ts';
import { apiRouter } from './api.ts';
import { createLiveApps } from './apps/live-app-cache.ts';
import { loadCatalogue } from './apps/load-catalogue.ts';
import { withResourcePermissions } from './apps/resource-permissions.ts';
import { startRevocations } from './administration/revocations/run-revocations.ts';
import { approvalPages, REVIEWS_SECTION, RULES_SECTION } from './approvals/pages.ts';
import { requestPath, reviewPath } from './approvals/review-paths.ts';
import { tendReviews } from './approvals/tend-reviews.ts';
import { reviewersOf } from './approvals/who-reviews.ts';
import { forgetOld } from './audit/forget-old.ts';
import { AUDIT_SECTION, auditPages } from './audit/pages.ts';
import { systemClock, type Clock } from './clock.ts';
import { usageOf } from './consent/app-usage.ts';
import { DELEGATIONS_SECTION, delegationPages } from './consent/delegation-pages.ts';
import { INSTALLED_APPS_SECTION, installedAppsPages } from './consent/installed-apps-pages.ts';
import { consentPages } from './consent/pages.ts';
import { forgetEnded } from './contexts/forget-ended.ts';
import { loadContextKinds } from './contexts/load-context-kinds.ts';
import { ACCESS_PATHS, accessRoutes } from './decisions/routes.ts';
import { hearEvents } from './deliveries/hear-events.ts';
import { mailReader } from './deliveries/mail/mail-reader.ts';
import { openPost } from './deliveries/mail/open-post.ts';
import { devMailPages } from './deliveries/mail/pages.ts';
import { startDeliveries } from './deliveries/start-deliveries.ts';
import type { DemoSecrets } from './demo/kept-secrets.ts';
import { loadDemoPlan, makeDemoWorld } from './demo/world.ts';
import { createWeb, type Mount } from './http/create-web.ts';
import { displayText } from './http/display-text.ts';
import { healthRoutes } from './http/health.ts';
import { createMetrics } from './http/metrics.ts';
import { createViews } from './http/views.ts';
import type { WebMiddleware } from './http/web-context.ts';
import { startUseNotes } from './installations/last-use.ts';
import { INSTALLATIONS_SECTION, installationPages } from './installations/pages.ts';
import { tellRetired } from './installations/tell-retired.ts';
import { launchConsents } from './launches/launch-consents.ts';
import type { ContextClaims } from './launches/launch.ts';
import { IN_CONTEXT_PATHS, inContextRoutes } from './launches/in-context-routes.ts';
import { launchPages } from './launches/pages.ts';
import { createLog, type Log } from './log.ts';
import { marketplacePages } from './marketplace/pages.ts';
import { authenticateApp, authenticateOperator } from './oauth/authenticate-client.ts';
import { grantManagementRoutes } from './oauth/grant-management-routes.ts';
import { readContextToken, signContextToken } from './oauth/context-tokens.ts';
import type { Lifetimes, OAuthDeps } from './oauth/oauth-deps.ts';
import { jtiOf } from './oauth/own-jwts.ts';
import { pendingRequests } from './oauth/pending-requests.ts';
import { presentedTokens } from './oauth/presented-token.ts';
import { PROTOCOL_PATHS, protocolEndpoints } from './oauth/protocol-endpoints.ts';
import { showProtocolError } from './oauth/protocol-error-page.ts';
import { proofChecker, replaceSigningKeys } from './oauth/provider-internals.ts';
import { createProvider } from './oauth/provider.ts';
import { describeSigningKeys, keepKeysFresh, removeSigningKey, rotateSigningKeys, signingKeys } from './oauth/signing-keys.ts';
import { findTokens } from './oauth/token-subject.ts';
import { firstOperator } from './operators/operator-store.ts';
import { loadResourceKinds } from './resources/load-resource-kinds.ts';
import { sweepResources } from './resources/sweep-resources.ts';
import { deriveKey } from './settings/secret.ts';
import type { Settings } from './settings/settings.ts';
import { accountPages, SECURITY_SECTION } from './sign-in/account-pages.ts';
import { adminPages } from './sign-in/admin-pages.ts';
import { createPasswords, hashPassword } from './sign-in/password.ts';
import { signInPages } from './sign-in/pages.ts';
import { openStore } from './storage/open-store.ts';
import { recentReads } from './storage/recent-reads.ts';
import { inEveryShard } from './storage/scan-shards.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEMO_PLAN = join(ROOT, 'config/demo-world.yaml');

export interface ServerOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  /** Called once in the life of a store, with the credential that opens the management API. It is kept nowhere. */
  readonly onFirstOperator?: (credential: { id: string; secret: string }) => void;
  /** Storage with something around it, for tests that need it to fail. */
  readonly openStore?: typeof openStore;
  /** Fills the store with the demo world. */
  readonly demo?: DemoSecrets;
}

export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

const lifetimesOf = (settings: Settings): Lifetimes => ({
  code: settings.ttlCode,
  accessToken: settings.ttlAccessToken,
  jwtAccessToken: settings.ttlJwtAccessToken,
  refreshToken: settings.ttlRefreshToken,
  refreshFamily: settings.ttlRefreshFamily,
  session: settings.ttlSession,
  interaction: settings.ttlInteraction,
});

/** Puts the parts together and listens. The one place that knows all of them; it reads from top to bottom. */
export async function startServer(settings: Settings, options: ServerOptions = {}): Promise<RunningServer> {
  const log = options.log ?? createLog(settings.logLevel);
  const clock = options.clock ?? systemClock;
  const keyFor = (purpose: string) => deriveKey(settings.secrets.master, purpose);
  const cookieKeys = [keyFor('cookies').toString('base64url')];

  const resourceKinds = loadResourceKinds(settings.resourcesPath);
  const catalogue = withResourcePermissions(loadCatalogue(settings.cataloguePath), resourceKinds);
  const contextKinds = loadContextKinds(settings.contextsPath, (name) => catalogue.find(name)?.identities.includes('user') ?? false);
  const opened = await (options.openStore ?? openStore)(settings.secrets.storeUrl, {
    clock,
    timeoutMs: settings.storeTimeoutMs,
    replicas: settings.redisReplicas,
    allowUnsafe: settings.redisAllowUnsafe,
    log,
  });
  const heard = hearEvents(opened);
  const { store, readRecent, readBeside } = recentReads(heard.store);
  const apps = createLiveApps({ store, clock });
  const uses = startUseNotes({ store, clock, log }, settings.lastUseSeconds * 1000);
  const deps: OAuthDeps & { apps: typeof apps; resourceKinds: typeof resourceKinds } = {
    issuer: settings.issuer,
    store,
    clock,
    catalogue,
    resourceKinds,
    apps,
    readRecent,
    readBeside,
    lifetimes: lifetimesOf(settings),
    rotation: { graceMs: settings.refreshGraceSeconds * 1000, graceUses: settings.refreshGraceUses },
    noteUse: uses.noteUse,
  };

  const first = await firstOperator(deps);
  if (first) options.onFirstOperator?.({ id: first.operator.id, secret: first.secret });

  if (options.demo) {
    const { password, ...secrets } = options.demo;
    await makeDemoWorld({ ...deps, contextKinds }, { plan: loadDemoPlan(DEMO_PLAN), password, secrets, hashPassword });
  }

  const keySecret = keyFor('signing keys');
  const provider = createProvider({
    ...deps,
    keys: await signingKeys(deps, keySecret),
    cookieKeys,
    secureCookies: settings.issuer.startsWith('https:'),
    renderError: showProtocolError,
  });
  const freshKeys = keepKeysFresh((keys) => replaceSigningKeys(provider, keys), deps, keySecret, log);

  const metrics = createMetrics();
  const pending = pendingRequests(deps, provider);
  const signInDeps = { ...deps, passwords: createPasswords(), deviceKey: keyFor('known browsers'), sessionSeconds: settings.ttlSession };
  const signIn = signInPages({
    ...signInDeps,
    pendingSignIns: pending,
    nameOfApp: async (id) => displayText((await apps.find(id))?.app.name ?? ''),
  });
  const account = accountPages(signInDeps).routes() as never;
  const takesTokens = { ...deps, presentedToken: presentedTokens(deps, proofChecker(provider)) };
  const launch = {
    ...takesTokens,
    contextKinds,
    signContext: (claims: ContextClaims) => signContextToken(provider, claims),
    readContext: (token: string) => readContextToken(provider, deps, token),
    findToken: findTokens(deps, (token) => jtiOf(provider, token)),
    contextIdKey: keyFor('context ids'),
    contextTokenSeconds: settings.ttlContextToken,
  };
  const launches = launchPages(launch);
  const consent = consentPages({ ...deps, pendingConsents: launchConsents(launch, pending), consentKey: keyFor('what consent pages showed') });
  const approvals = approvalPages({ ...deps, usageOf: usageOf(deps), cursorKey: keyFor('lists on pages') });
  const installations = installationPages({ ...deps, cursorKey: keyFor('lists on pages') });
  const administration = administrationPages({ ...deps, cursorKey: keyFor('lists on pages') });
  const audit = auditPages({ ...deps, cursorKey: keyFor('lists on pages') });
  const marketplace = marketplacePages({ ...deps, pageKey: keyFor('lists on pages') });
  const revocations = startRevocations({ ...deps, log });
  const api = apiRouter({
    ...deps,
    ...launch,
    revocations,
    usageOf: usageOf(deps),
    reachOf: (app) => reachOf(deps, app),
    hashPassword,
    apiKey: keyFor('management api'),
    signingKeys: {
      list: () => describeSigningKeys(deps, keySecret),
      async rotate(actor) {
        const keys = await rotateSigningKeys(deps, keySecret, actor);
        await freshKeys.reload();
        return keys;
      },
      async remove(kid, actor) {
        const keys = await removeSigningKey(deps, keySecret, kid, actor);
        await freshKeys.reload();
        return keys;
      },
    },
    authenticate: (ctx) => authenticateOperator(takesTokens, ctx),
    authenticateApp: (ctx) => authenticateApp(takesTokens, ctx),
  });

  const access = accessRoutes({ ...deps, contextKinds, findToken: launch.findToken, pageKey: keyFor('pages of searches') });

  const production = settings.mode === 'production';
  const post = openPost({ ...deps, log }, { smtp: settings.secrets.smtp, from: settings.mailFrom, production });
  const mail = post && mailReader({
    ...deps,
    post,
    views: createViews(join(ROOT, 'views'), { checkFields: !production }),
    issuer: settings.issuer,
    platformName: settings.platformName,
    reviewersOf: async (review) => (await reviewersOf(deps, review)).people.map(({ user }) => user),
    pages: { decide: reviewPath, request: requestPath },
  });

  let closing = false;
  const page = (at: readonly string[], ...use: WebMiddleware[]): Mount => ({ at, manner: 'page', use: compose(use) });
  const web = createWeb({
    site: {
      origin: settings.issuer,
      platformName: settings.platformName,
      production,
      csrfKey: keyFor('forms'),
      accountSections: [INSTALLED_APPS_SECTION, DELEGATIONS_SECTION, SECURITY_SECTION],
      adminSections: [APPS_SECTION, REVIEWS_SECTION, INSTALLATIONS_SECTION, RULES_SECTION, MEMBERS_SECTION, AUDIT_SECTION],
    },
    log,
    metrics,
    trustedProxies: settings.trustedProxies,
    root: ROOT,
    mounts: [
      { at: ['/oauth/grants'], manner: 'protocol', use: grantManagementRoutes(takesTokens).routes() as never },
      { at: PROTOCOL_PATHS, manner: 'protocol', use: protocolEndpoints(provider) },
      { at: ['/api'], manner: 'api', use: api },
      { at: IN_CONTEXT_PATHS, manner: 'api', use: inContextRoutes({ ...launch, cursorKey: keyFor('lists in contexts') }) },
      { at: ACCESS_PATHS, manner: 'api', use: access },
      page(['/sign-in', '/sign-out'], signIn.routes() as never),
      page(['/account'], installedAppsPages({ ...deps, cursorKey: keyFor('lists on pages') }).routes() as never, delegationPages({ ...deps, cursorKey: keyFor('lists on pages') }).routes() as never, account),
      page(['/consent'], consent.routes() as never),
      page(['/admin', '/requests'], adminPages(deps).routes() as never, approvals.routes() as never, installations.routes() as never, administration.routes() as never, audit.routes() as never),
      page(['/launch'], launches.routes() as never),
      page(['/apps'], marketplace.routes() as never),
      ...(production || settings.secrets.smtp ? [] : [page(['/dev/mail'], devMailPages(deps).routes() as never)]),
      { at: ['/health'], manner: 'api', use: healthRoutes({ store, isClosing: () => closing }).routes() as never },
      { at: ['/metrics'], manner: 'api', use: metrics.answer },
      page(['/'], account),
    ],
  });

  web.keys = cookieKeys;

  const server = createServer(web.callback());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, resolve);
  });
  const { port } = server.address() as AddressInfo;

  void tellRetired(deps).catch((err: unknown) => log.warn({ err }, 'who holds a retired permission is told at the next start'));
  const deliveries = startDeliveries({
    ...deps,
    log,
    onEvents: heard.onEvents,
    readers: mail ? [mail] : [],
    periodically: [
      ...(settings.auditDays === 0 ? [] : [{ name: 'audit trail', everyMs: 3_600_000, run: () => inEveryShard((shard) => forgetOld(deps, shard, settings.auditDays)) }]),
      { name: 'grants', everyMs: 60_000, run: grantTidier(deps) },
      { name: 'reviews', everyMs: 60_000, run: () => inEveryShard((shard) => tendReviews(deps, shard)) },
      { name: 'ended contexts', everyMs: 3_600_000, run: () => inEveryShard((shard) => forgetEnded(deps, shard)) },
      { name: 'deleted resources', everyMs: 60_000, run: () => inEveryShard((shard) => sweepResources(deps, shard)) },
    ],
  });

  return {
    url: `http://${settings.host}:${port}`,
    async close() {
      closing = true;
      freshKeys.stop();
      const drained = new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      await Promise.all([drained, revocations.stop(), deliveries.stop()]);
      post?.close();
      await uses.stop();
      await store.close();
    },
  };
}
