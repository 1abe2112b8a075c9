import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { atOnce, spread, type HeldRequest, type RacedReply } from '#test/support/at-once.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
import { arrive, basicAuth, begin, connect, exchange, exchangeParameters, post, refresh, signIn, type Attempt } from '#test/support/oauth-flow.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';

let world: TwoServers;
let servers: readonly string[];
/** Dan's. */
let browser: HttpBrowser;

beforeAll(async () => {
  world = await startTwoServers();
  ({ servers } = world);
  browser = createHttpBrowser();
  await signIn(world, browser, world.people.dan);
}, 60_000);
beforeEach(revokeAll);
afterAll(() => world.stop());

const grants = () => `/tenants/${world.tenants.northwind}/grants`;
const grantsOfDan = async (): Promise<{ id: string; permissions: string[] }[]> => (await world.manage.get(`${grants()}?user=${world.people.dan.id}`)).items;
async function revokeAll(): Promise<void> {
  for (const { id } of await grantsOfDan()) await world.manage.remove(`${grants()}/${id}`);
}

const at = (place: number, { pathname, search }: URL): URL => new URL(pathname + search, servers[place % servers.length]);
const pathOfForm = (page: HttpPage): URL => new URL(page.forms.find(({ buttons }) => buttons.some(({ text }) => text === 'Authorize'))?.action ?? '', page.url);
const cookiesFor = (url: URL) => ({ cookie: browser.cookies(url) });
/** What a click on Authorize sends when nothing is ticked. */
function yes(page: HttpPage): Omit<HeldRequest, 'url'> {
  const form = page.forms.find(({ buttons }) => buttons.some(({ text }) => text === 'Authorize'));
  const pressed = form?.buttons.find(({ text }) => text === 'Authorize');
  const hidden = form?.controls.filter(({ box, name }) => !box && name !== '').map(({ name, value }) => [name, value]) ?? [];
  return { form: { ...Object.fromEntries(hidden), [pressed?.name ?? '']: pressed?.value ?? '' }, headers: { ...cookiesFor(pathOfForm(page)), 'sec-fetch-site': 'same-origin' } };
}
const openConsent = async (attempt: Attempt = begin(world)): Promise<{ attempt: Attempt; page: HttpPage }> => {
  const page = await arrive(browser, attempt, world.people.dan);
  if (page.status !== 200) throw new Error(`no consent page but ${page.url.href}`);
  return { attempt, page };
};
/** Presses Authorize and stays on the way back: the yes is stored and nothing is granted yet. */
const answer = async (page: HttpPage): Promise<URL> => (await browser.submit(page, { button: 'Authorize' }, { stopAt: `${world.issuer}/oauth/authorize/` })).url;
const goOn = (url: URL, attempt: Attempt) => browser.open(url, { stopAt: attempt.app.redirectUri });
const codesOf = (replies: readonly RacedReply[]): string[] => replies.flatMap(({ location }) => location?.searchParams.get('code') ?? []);
const exchanging = ({ attempt, code, server }: { attempt: Attempt; code: string | null; server: number }): HeldRequest => ({
  url: new URL('/oauth/token', servers[server % 2]),
  form: exchangeParameters(attempt, code),
  headers: { authorization: basicAuth(attempt.app) },
});

describe('xC3 one yes is one grant and one code, however often it is said', () => {
  test('the form sent five times in the same instant to two servers, then the way back taken five times; 8 rounds', async () => {
    for (let round = 0; round < 8; round += 1) {
      await revokeAll();
      const { attempt, page } = await openConsent();
      const posts = await atOnce(spread(servers, 5, pathOfForm(page), yes(page)));
      expect(new Set(posts.map(({ status }) => status))).toEqual(new Set([303]));
      const [back] = posts.map(({ location }) => location!);
      const ways = await atOnce(spread(servers, 5, back!, { headers: cookiesFor(back!) }));
      const codes = codesOf(ways);
      expect(codes).toHaveLength(1);
      for (const { status } of ways) expect([303, 400]).toContain(status);
      expect(await grantsOfDan()).toHaveLength(1);
      expect((await exchange(world, attempt, codes[0]!)).status).toBe(200);
    }
  }, 60_000);

  test('two tabs, one after the other: the second is shown the page again', async () => {
    const [one, other] = [await openConsent(), await openConsent()];
    const first = await browser.submit(one.page, { button: 'Authorize' }, { stopAt: one.attempt.app.redirectUri });
    expect(first.url.searchParams.has('code')).toBe(true);
    const second = await browser.submit(other.page, { button: 'Authorize' }, { stopAt: other.attempt.app.redirectUri });
    expect([second.status, second.url.searchParams.has('code')]).toEqual([409, false]);
    expect(await grantsOfDan()).toHaveLength(1);
  });

  test('two tabs on their way back in the same instant at two servers: one code, the other tab is told to start again; 8 rounds', async () => {
    for (let round = 0; round < 8; round += 1) {
      await revokeAll();
      const tabs = [await openConsent(), await openConsent()];
      const ways = [await answer(tabs[0]!.page), await answer(tabs[1]!.page)];
      const replies = await atOnce(ways.map((way, place) => ({ url: at(place, way), headers: cookiesFor(way) })));
      expect(codesOf(replies)).toHaveLength(1);
      expect(replies.flatMap(({ location }) => location?.searchParams.get('error') ?? [])).toEqual(['access_denied']);
      expect(await grantsOfDan()).toHaveLength(1);
    }
  }, 60_000);

  test('yes in one tab and no in the other of the same request: the first answer counts', async () => {
    const { attempt, page } = await openConsent();
    const again = await browser.open(page.url);
    const way = await answer(page);
    await browser.submit(again, { button: 'Refuse' }, { stopAt: `${world.issuer}/oauth/authorize/` });
    expect((await goOn(way, attempt)).url.searchParams.has('code')).toBe(true);
  });
});

describe('xC7 revoking in the management API takes with it', () => {
  test('a code that is on its way', async () => {
    const { attempt, page } = await openConsent();
    const back = await browser.submit(page, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
    await revokeAll();
    for (const server of servers) expect((await exchange(world, attempt, back.url.searchParams.get('code'), { at: server })).body.error).toBe('invalid_grant');
  });

  test('a pushed request: it leads to the question, not to a code', async () => {
    await connect(world, world.people.dan, { browser });
    const attempt = begin(world);
    const { body } = await post(world, '/oauth/par', attempt.app, Object.fromEntries(attempt.url.searchParams));
    await revokeAll();
    attempt.url.search = String(new URLSearchParams({ client_id: attempt.app.id, request_uri: body.request_uri }));
    const page = await goOn(attempt.url, attempt);
    expect([page.status, page.url.pathname.startsWith('/consent/')]).toEqual([200, true]);
  });

  test('a consent page that is open and asks for more: what it said no longer holds', async () => {
    await connect(world, world.people.dan, { browser });
    const { attempt, page } = await openConsent(begin(world, { parameters: { scope: 'openid meetings:read calendar:read' } }));
    await revokeAll();
    const again = await browser.submit(page, { button: 'Authorize', tick: ['permission=calendar:read'] }, { stopAt: attempt.app.redirectUri });
    expect([again.status, again.url.searchParams.has('code')]).toEqual([409, false]);
    expect(await grantsOfDan()).toEqual([]);
  });

  test('a yes that was said and not yet redeemed for a code', async () => {
    await connect(world, world.people.dan, { browser });
    const { attempt, page } = await openConsent(begin(world, { parameters: { scope: 'openid meetings:read calendar:read' } }));
    const way = await answer(page);
    await revokeAll();
    const back = await goOn(way, attempt);
    expect([back.url.searchParams.get('error'), back.url.searchParams.has('code')]).toEqual(['access_denied', false]);
    expect(await grantsOfDan()).toEqual([]);
  });

  test('a request with prompt=none: it is told that consent is required', async () => {
    await connect(world, world.people.dan, { browser });
    await revokeAll();
    const attempt = begin(world, { parameters: { prompt: 'none' } });
    expect((await goOn(attempt.url, attempt)).url.searchParams.get('error')).toBe('consent_required');
  });

  test('tokens that won the race: five rounds each of redeeming and of refreshing in the same instant', async () => {
    const token = await operatorToken();
    for (let round = 0; round < 10; round += 1) {
      await revokeAll();
      const { attempt, page } = await openConsent();
      const back = await browser.submit(page, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
      const code = back.url.searchParams.get('code');
      const before = round % 2 === 0 ? undefined : (await exchange(world, attempt, code)).body;
      const [grant] = await grantsOfDan();
      const request: HeldRequest = before
        ? { url: new URL('/oauth/token', servers[0]), form: { grant_type: 'refresh_token', refresh_token: before.refresh_token }, headers: { authorization: basicAuth(attempt.app) } }
        : exchanging({ attempt, code, server: 0 });
      const [replies, revocation] = await Promise.all([
        atOnce([request, request]),
        fetch(`${servers[1]}/api/v1${grants()}/${grant!.id}`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }),
      ]);
      expect(revocation.status).toBe(204);
      for (const { status, body } of replies) {
        expect([200, 400]).toContain(status);
        if (status !== 200) continue;
        expect(await world.isActiveAnywhere(body.access_token)).toBe(false);
        expect((await refresh(world, attempt.app, body.refresh_token)).body.error).toBe('invalid_grant');
      }
      expect(await grantsOfDan()).toEqual([]);
    }
  }, 60_000);

  test('a grant that grows in the same instant: in the end nothing is granted and no code is good; 8 rounds', async () => {
    const token = await operatorToken();
    for (let round = 0; round < 8; round += 1) {
      await connect(world, world.people.dan, { browser });
      const { attempt, page } = await openConsent(begin(world, { parameters: { scope: 'openid meetings:read calendar:read' } }));
      const way = await answer(page);
      const [grant] = await grantsOfDan();
      const [replies, revocation] = await Promise.all([
        atOnce([{ url: at(0, way), headers: cookiesFor(way) }]),
        fetch(`${servers[1]}/api/v1${grants()}/${grant!.id}`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }),
      ]);
      expect(revocation.status).toBe(204);
      expect(await grantsOfDan()).toEqual([]);
      for (const code of codesOf(replies)) expect((await exchange(world, attempt, code)).body.error).toBe('invalid_grant');
    }
  }, 60_000);

  async function operatorToken(): Promise<string> {
    const { body } = await post(world, '/oauth/token', world.assent.firstOperator, { grant_type: 'client_credentials', scope: 'manage' });
    return body.access_token;
  }
});

test('I10 nothing broke, and the logs hold no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
