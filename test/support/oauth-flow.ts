import { createHash, randomBytes } from 'node:crypto';

import { createHttpBrowser, type Click, type HttpBrowser, type HttpPage } from './http-browser.ts';
import type { Person, ResourceServerAccount, TestApp, World } from './world.ts';

/** The protocol as it is on the wire, without a library, so that a test can send anything. */

export interface Attempt {
  readonly app: TestApp;
  readonly url: URL;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

type Parameters = Readonly<Record<string, string | undefined>>;
type ForApp = { readonly app?: TestApp; readonly parameters?: Parameters };

const random = () => randomBytes(32).toString('base64url');

export const SCOPE = 'openid profile email offline_access meetings:read';

/** An authorization request. `parameters` count last; one that is `undefined` is left out. */
export function begin(world: World<any>, { app = world.apps.scheduler, parameters = {} }: ForApp = {}): Attempt {
  const [state, nonce, verifier] = [random(), random(), random()];
  const url = new URL(`${world.issuer}/oauth/authorize`);
  const all: Parameters = {
    client_id: app.id,
    redirect_uri: app.redirectUri,
    response_type: 'code',
    scope: SCOPE,
    state,
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value);
  return { app, url, state, nonce, verifier };
}

/** Opens the request and signs in where that is asked. Ends at the consent page, at an error page or back at the app. */
export async function arrive(browser: HttpBrowser, { app, url }: Attempt, person: Person): Promise<HttpPage> {
  const page = await browser.open(url, { stopAt: app.redirectUri });
  const asksForPassword = page.forms.some(({ controls }) => controls.some(({ name }) => name === 'password'));
  return asksForPassword ? signInOn(browser, page, person, app.redirectUri) : page;
}

const signInOn = (browser: HttpBrowser, page: HttpPage, { email, password }: Person, stopAt = 'none:'): Promise<HttpPage> =>
  browser.submit(page, { button: 'Sign in', fill: { email, password } }, { stopAt });

/** Signs in at the account, for no app. */
export async function signIn(world: World<any>, browser: HttpBrowser, person: Person): Promise<HttpPage> {
  return signInOn(browser, await browser.open(`${world.issuer}/sign-in`), person);
}

export interface Answered extends Partial<Click> {
  readonly browser?: HttpBrowser;
}

/** The whole authorization request as a person answers it; the parameters with which the browser comes back to the app. */
export async function authorize(attempt: Attempt, person: Person, { browser = createHttpBrowser(), ...click }: Answered = {}): Promise<URLSearchParams> {
  let page = await arrive(browser, attempt, person);
  if (page.status === 200) page = await browser.submit(page, { button: 'Authorize', ...click }, { stopAt: attempt.app.redirectUri });
  if (!page.url.href.startsWith(attempt.app.redirectUri)) throw new Error(`Not back at the app but at ${page.url.href} (${page.status}): ${page.html}`);
  return page.url.searchParams;
}

interface At {
  /** The address of one of several servers. */
  readonly at?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** How a client with a secret says who it is (RFC 6749 section 2.3.1). */
export const basicAuth = ({ id, secret }: { readonly id: string; readonly secret: string | null }): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

/** A POST to an OAuth endpoint as this client. */
export async function post(
  world: World<any>,
  path: string,
  client: { readonly id: string; readonly secret: string | null },
  parameters: Parameters,
  { at = world.issuer, headers = {} }: At = {},
): Promise<Reply> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) body.set(name, value);
  if (client.secret === null) body.set('client_id', client.id);
  const authorization = client.secret === null ? {} : { authorization: basicAuth(client) };
  const response = await fetch(at + path, { method: 'POST', body, headers: { ...authorization, ...headers } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

export const exchange = (
  world: World<any>,
  { app, verifier }: Attempt,
  code: string | null,
  { at, ...parameters }: Pick<At, 'at'> & Parameters = {},
  headers: At['headers'] = {},
): Promise<Reply> => post(world, '/oauth/token', app, { ...exchangeParameters({ app, verifier }, code), ...parameters }, { at, headers });

/** What the app sends to redeem the code. */
export const exchangeParameters = ({ app, verifier }: Pick<Attempt, 'app' | 'verifier'>, code: string | null) => ({
  grant_type: 'authorization_code',
  code: code ?? undefined,
  redirect_uri: app.redirectUri,
  code_verifier: verifier,
});

export const refresh = (
  world: World<any>,
  app: TestApp,
  token: string,
  { at, ...parameters }: Pick<At, 'at'> & Parameters = {},
  headers: At['headers'] = {},
): Promise<Reply> => post(world, '/oauth/token', app, { grant_type: 'refresh_token', refresh_token: token, ...parameters }, { at, headers });

export const revoke = (world: World<any>, app: TestApp, token: string, { at }: At = {}): Promise<Reply> =>
  post(world, '/oauth/revoke', app, { token }, { at });

export const introspect = (
  world: World<any>,
  token: string,
  { as = world.resourceServers.meetings, at }: At & { as?: ResourceServerAccount | TestApp } = {},
): Promise<Reply> => post(world, '/oauth/introspect', as, { token }, { at });

export interface Connected {
  readonly browser: HttpBrowser;
  readonly attempt: Attempt;
  readonly tokens: { readonly access_token: string; readonly refresh_token: string; readonly scope: string; readonly [name: string]: any };
}

/** From nothing to tokens: `person` connects `app` and answers the consent page as `click` says. */
export async function connect(
  world: World<any>,
  person: Person,
  { app, parameters, browser = createHttpBrowser(), ...click }: ForApp & Answered = {},
): Promise<Connected> {
  // A member of several tenants has to say which; a test that does not care means the first.
  const attempt = begin(world, { ...(app && { app }), parameters: { tenant: world.tenants.northwind, ...parameters } });
  const answer = await authorize(attempt, person, { browser, ...click });
  const { status, body } = await exchange(world, attempt, answer.get('code'));
  if (status !== 200) throw new Error(`The token endpoint answered ${status}: ${JSON.stringify(body)}; the app got ${answer}`);
  return { browser, attempt, tokens: body };
}
