import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { atOnce } from '#test/support/at-once.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { authorize, basicAuth, begin, exchange, exchangeParameters, refresh, type Attempt } from '#test/support/oauth-flow.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';

let world: TwoServers;
let browser: HttpBrowser;
let servers: readonly string[];

beforeAll(async () => {
  world = await startTwoServers();
  ({ servers } = world);
  browser = createHttpBrowser();
}, 60_000);
afterAll(() => world.stop());

/** Dan said yes long ago: each visit gives a code without a question. */
async function newCode(parameters: Record<string, string> = {}): Promise<{ attempt: Attempt; code: string }> {
  const attempt = begin(world, { parameters });
  return { attempt, code: (await authorize(attempt, world.people.dan, { browser })).get('code') ?? '' };
}

const at = (place: number): string => servers[place % servers.length] ?? '';

const redemptions = ({ attempt, code }: { attempt: Attempt; code: string }, times: number) =>
  atOnce(
    Array.from({ length: times }, (_, place) => ({
      url: `${at(place)}/oauth/token`,
      form: exchangeParameters(attempt, code),
      headers: { authorization: basicAuth(attempt.app) },
    })),
  );


describe('xP1 I1 one code at two servers', () => {
  test('of five redemptions in the same instant one succeeds, the rest are invalid_grant, and what the one got is dead; 25 rounds', async () => {
    for (let round = 0; round < 25; round += 1) {
      const answers = await redemptions(await newCode(), 5);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400, 400, 400]);
      for (const { body } of answers.filter(({ status }) => status === 400)) expect(body.error).toBe('invalid_grant');
      const winner = answers.find(({ status }) => status === 200)?.body;
      expect(await world.isActiveAnywhere(winner.access_token)).toBe(false);
      expect((await refresh(world, world.apps.scheduler, winner.refresh_token, { at: at(round) })).body.error).toBe('invalid_grant');
    }
  }, 60_000);

  test('twenty redemptions in the same instant give one answer too', async () => {
    const answers = await redemptions(await newCode(), 20);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19);
  });
});

describe('xP2 a code that comes back', () => {
  test.each([0, 1])('after %i s is refused at either server, and every token that came of it is dead', async (seconds) => {
    const { attempt, code } = await newCode();
    const first = await exchange(world, attempt, code, { at: at(0) });
    const renewed = await refresh(world, attempt.app, first.body.refresh_token, { at: at(1) });
    expect([first.status, renewed.status]).toEqual([200, 200]);
    await delay(seconds * 1000);

    const again = await exchange(world, attempt, code, { at: at(1) });
    expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
    for (const token of [first.body.access_token, renewed.body.access_token]) expect(await world.isActiveAnywhere(token)).toBe(false);
    for (const token of [first.body.refresh_token, renewed.body.refresh_token]) {
      expect((await refresh(world, attempt.app, token)).body.error).toBe('invalid_grant');
    }
  });

  test('does not harm what came of another code', async () => {
    const [one, other] = [await newCode(), await newCode()];
    await exchange(world, one.attempt, one.code);
    const kept = await exchange(world, other.attempt, other.code);
    await exchange(world, one.attempt, one.code);
    expect(await world.isActiveAnywhere(kept.body.access_token)).toBe(true);
    expect((await refresh(world, other.attempt.app, kept.body.refresh_token)).status).toBe(200);
  });
});

test('I10 nothing broke, and the logs hold no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
