import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { createManagement } from '#test/support/management.ts';

import { authorizationQuery, basicAuth, codeForm, type Credentials, MACHINE_SCOPE, PATHS, REDIRECT_URI, type Target, TENANT_SCOPE } from './target.ts';

const PASSWORD = 'correct horse battery staple';
const EMAIL = 'ben@northwind.example';
const AT_THE_APP = { stopAt: REDIRECT_URI };

export type BareLibraryReady = Pick<Target, 'origin' | 'app' | 'resourceServer' | 'machine'>;

export interface AssentReady {
  readonly origin: string;
  readonly operator: Credentials;
}

/** Signs a person in at the library's own pages, says yes, and gets a pair of tokens for each connection. */
export async function prepareBareLibrary(ready: BareLibraryReady, connections: number): Promise<Target> {
  const { origin, app } = ready;
  const browser = createHttpBrowser();
  const signIn = await browser.open(authorizationUrl(origin, app), AT_THE_APP);
  const consent = await browser.submit(signIn, { button: 'Sign-in', fill: { login: 'ben', password: PASSWORD } }, AT_THE_APP);
  await browser.submit(consent, { button: 'Continue' }, AT_THE_APP);
  return {
    ...ready,
    installed: { client: ready.machine, form: { scope: MACHINE_SCOPE } },
    cookie: cookies(browser, origin, ['_session', '_session.sig']),
    tokens: await tokensFor(browser, origin, app, connections),
  };
}

/** The same at Assent, after a tenant, a member, an app and a resource server were made by the management API. */
export async function prepareAssent({ origin, operator }: AssentReady, connections: number): Promise<Target> {
  const manage = await createManagement(origin, operator);
  const tenant = await manage.post('/tenants', { name: 'Northwind' });
  const user = await manage.post('/users', { email: EMAIL, name: 'Ben Okafor', password: PASSWORD });
  await manage.post(`/tenants/${tenant.id}/members`, { user: user.id, role: 'owner' });
  const resourceServer: Credentials = await manage.post('/resource-servers', { name: 'Meetings API', audience: 'http://127.0.0.1:3002' });
  const app = await manage.post('/apps', {
    name: 'Scheduler Pro',
    developer: { name: 'Example Software', verified: true },
    authMethod: 'client_secret_basic',
  });
  const version = await manage.post(`/apps/${app.id}/versions`, {
    redirectUris: [REDIRECT_URI],
    permissions: { user: { required: ['meetings:read'], optional: [] }, tenant: { required: [TENANT_SCOPE], optional: [] } },
    sharedAccess: false,
  });
  await manage.post(`/apps/${app.id}/versions/${version.id}/publish`);

  const browser = createHttpBrowser();
  const signIn = await browser.open(authorizationUrl(origin, app), AT_THE_APP);
  const consent = await browser.submit(signIn, { button: 'Sign in', fill: { email: EMAIL, password: PASSWORD } }, AT_THE_APP);
  await browser.submit(consent, { button: 'Authorize' }, AT_THE_APP);
  const forAll = { identity: 'tenant', tenant: tenant.id, scope: TENANT_SCOPE };
  const install = await browser.open(authorizationUrl(origin, app, forAll), AT_THE_APP);
  await browser.submit(install, { button: /^(?:Authorize|Install)/ }, AT_THE_APP);
  return {
    origin,
    app,
    machine: operator,
    installed: { client: app, form: { tenant: tenant.id } },
    resourceServer,
    cookie: cookies(browser, origin, ['assent_session']),
    tokens: await tokensFor(browser, origin, app, connections),
  };
}

/** Only its address is needed. */
export function prepareFloor({ origin }: { origin: string }): Target {
  const nobody = { id: '', secret: '' };
  return { origin, app: nobody, machine: nobody, installed: { client: nobody, form: {} }, resourceServer: nobody, cookie: '', tokens: [] };
}

const authorizationUrl = (origin: string, app: Credentials, more: Readonly<Record<string, string>> = {}): URL =>
  new URL(`${PATHS.authorize}?${authorizationQuery(app, more)}`, origin);

const cookies = (browser: HttpBrowser, origin: string, names: readonly string[]): string =>
  names.map((name) => `${name}=${browser.cookie(origin, name)}`).join('; ');

async function tokensFor(browser: HttpBrowser, origin: string, app: Credentials, count: number): Promise<Target['tokens']> {
  const tokens: Target['tokens'][number][] = [];
  while (tokens.length < count) {
    const { url, html } = await browser.open(authorizationUrl(origin, app), AT_THE_APP);
    const code = url.searchParams.get('code');
    if (code === null) throw new Error(`No code but ${url.href}: ${html}`);
    const body = new URLSearchParams(codeForm(code));
    const response = await fetch(new URL(PATHS.token, origin), { method: 'POST', headers: { authorization: basicAuth(app) }, body });
    if (!response.ok) throw new Error(`No tokens: ${await response.text()}`);
    tokens.push((await response.json()) as Target['tokens'][number]);
  }
  return tokens;
}
