import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { afterFailure, THROTTLE, type Tries, waitInWords } from '#src/sign-in/throttle.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';

import { PASSWORD, startSignInWorld, type SignInWorld } from './world.ts';

const ADA = 'ada@northwind.example';
const BEN = 'ben@northwind.example';
const MINUTE = 60_000;

let world: SignInWorld;
let second: SignInWorld;

beforeEach(async () => {
  world = await startSignInWorld({ trustedProxies: 1 });
  second = await startSignInWorld({ trustedProxies: 1, beside: world });
});
afterEach(async () => {
  await second.close();
  await world.close();
});

interface Try {
  email?: string;
  password?: string;
  address?: string;
  at?: SignInWorld;
  from?: HttpBrowser;
}

async function attempt({ email = ADA, password = 'wrong', address = '203.0.113.7', at = world, from = createHttpBrowser() }: Try = {}): Promise<HttpPage> {
  const headers = { 'x-forwarded-for': address };
  const form = await from.open(`${at.origin}/sign-in`, { headers });
  return from.submit(form, { button: 'Sign in', fill: { email, password } }, { headers });
}

const statusOf = async (each: Try = {}): Promise<number> => (await attempt(each)).status;

async function failTimes(times: number, each: (count: number) => Try = () => ({})): Promise<number[]> {
  const statuses: number[] = [];
  for (let count = 0; count < times; count += 1) statuses.push(await statusOf(each(count)));
  return statuses;
}

describe('too many wrong tries', () => {
  it('for one account from one address have to wait, which the page says in words and in Retry-After', async () => {
    expect(await failTimes(6)).toEqual([401, 401, 401, 401, 401, 429]);
    const page = await attempt();
    expect(page.html).toContain('Too many tries. Wait 15 seconds, then try again.');
    expect(page.headers.get('retry-after')).toBe('15');
    expect(page.html).toContain(`value="${ADA}"`);
  });

  it('refuse the right password too while the wait lasts, and take it after', async () => {
    await failTimes(5);
    expect(await statusOf({ password: PASSWORD })).toBe(429);
    world.later(15_000);
    expect(await statusOf({ password: PASSWORD })).toBe(200);
  });

  it('hold on every server of one store', async () => {
    await failTimes(5, (count) => ({ at: count % 2 === 0 ? world : second }));
    expect([await statusOf(), await statusOf({ at: second })]).toEqual([429, 429]);
  });

  it('hold when twenty come at once over two servers: none is looked at beyond those that are free', async () => {
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, count) => statusOf({ at: count % 2 === 0 ? world : second })));
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(5);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(15);
  });

  it('wait twice as long each time, never more than a quarter of an hour', async () => {
    await failTimes(5);
    for (const seconds of ['15', '30', '60']) {
      expect((await attempt()).headers.get('retry-after')).toBe(seconds);
      world.later(Number(seconds) * 1000);
      expect(await statusOf()).toBe(401);
    }
    let tries: Tries | undefined;
    for (let count = 0; count < 100; count += 1) tries = afterFailure(tries, THROTTLE.pair, 0).tries;
    expect(tries?.waitUntil).toBe(900_000);
  });

  it('are told in the same words for a person who does not exist', async () => {
    const nobody = { email: 'nobody@northwind.example' };
    expect(await failTimes(6, () => nobody)).toEqual([401, 401, 401, 401, 401, 429]);
    expect((await attempt(nobody)).html).toContain('Too many tries. Wait 15 seconds, then try again.');
  });

  it('are forgotten after an hour, and after the right password', async () => {
    await failTimes(4);
    expect(await statusOf({ password: PASSWORD })).toBe(200);
    expect(await failTimes(4)).toEqual([401, 401, 401, 401]);
    world.later(61 * MINUTE);
    expect(await failTimes(5)).toEqual([401, 401, 401, 401, 401]);
  });
});

describe('nobody is locked out by others', () => {
  it('at another address: the person signs in while one address is held back', async () => {
    await failTimes(6);
    expect(await statusOf({ password: PASSWORD, address: '198.51.100.1' })).toBe(200);
  });

  it('in a browser where they signed in before, even while guesses come from everywhere', async () => {
    const own = createHttpBrowser();
    expect(await statusOf({ password: PASSWORD, from: own })).toBe(200);
    const guesses = await failTimes(31, (count) => ({ address: `198.51.100.${count}` }));
    expect(guesses.at(-1)).toBe(429);
    expect(await statusOf({ password: PASSWORD, address: '192.0.2.99' })).toBe(429);
    expect(await statusOf({ password: PASSWORD, from: own })).toBe(200);
  });

  it('for long: an account under attack opens for new browsers again after five minutes', async () => {
    await failTimes(30, (count) => ({ address: `198.51.100.${count}` }));
    expect(await statusOf({ password: PASSWORD, address: '192.0.2.99' })).toBe(429);
    world.later(5 * MINUTE);
    expect(await statusOf({ password: PASSWORD, address: '192.0.2.99' })).toBe(200);
  });

  it('but a known browser is held back for its own wrong tries, and is known for its own person only', async () => {
    const own = createHttpBrowser();
    await attempt({ password: PASSWORD, from: own });
    expect(await failTimes(6, () => ({ from: own }))).toEqual([401, 401, 401, 401, 401, 429]);
    await failTimes(30, (count) => ({ email: BEN, address: `198.51.100.${count}` }));
    expect(await statusOf({ email: BEN, password: PASSWORD, from: own, address: '192.0.2.99' })).toBe(429);
  });
});

describe('guesses at many people from one address', () => {
  it('are held back, also when they come from many addresses of one IPv6 network', async () => {
    const guesses = await failTimes(61, (count) => ({ email: `person${count}@northwind.example`, address: `2001:db8:0:7::${count.toString(16)}` }));
    expect(guesses.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 401));
    expect(guesses[60]).toBe(429);
    expect(await statusOf({ password: PASSWORD, address: '2001:db8:0:7::ffff' })).toBe(429);
    expect(await statusOf({ password: PASSWORD, address: '2001:db8:0:8::1' })).toBe(200);
  });

  it('do not count right passwords: an office behind one address signs in all morning', async () => {
    expect(await failTimes(65, () => ({ password: PASSWORD }))).toEqual(Array.from({ length: 65 }, () => 200));
  });
});

describe('the wait in words', () => {
  it.each([
    [1, '1 second'],
    [15_000, '15 seconds'],
    [15_001, '16 seconds'],
    [89_000, '89 seconds'],
    [90_000, '2 minutes'],
    [900_000, '15 minutes'],
  ])('%i ms is %s', (milliseconds, words) => {
    expect(waitInWords(milliseconds)).toBe(words);
  });
});
