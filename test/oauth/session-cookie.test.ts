import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { begin, connect } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
let browser: HttpBrowser;
beforeAll(async () => {
  world = await startWorld();
  browser = createHttpBrowser();
  await connect(world, world.people.dan, { browser });
});
afterAll(() => world.stop());

describe('the cookie of a session is set where people sign in and out, and nowhere else, so that an answer that was long under way takes nobody’s session', () => {
  const ended = `ses_00${'x'.repeat(43)}`;

  test.each([
    ['of a live session', () => browser.cookie(world.issuer, 'assent_session') ?? ''],
    ['of one that is over', () => ended],
    ['that is none', () => 'nonsense'],
  ])('not by the protocol, for a request with a cookie %s', async (_, cookie) => {
    for (const prompt of [undefined, 'none', 'login', 'consent']) {
      const { headers } = await fetch(begin(world, { parameters: { prompt } }).url, { redirect: 'manual', headers: { cookie: `assent_session=${cookie()}` } });
      const names = headers.getSetCookie().map((line) => line.slice(0, line.indexOf('=')));
      expect({ prompt, sets: names.filter((name) => name.startsWith('assent_session')) }).toEqual({ prompt, sets: [] });
      if (prompt === 'login') expect(names).toEqual(expect.arrayContaining(['assent_interaction', 'assent_interaction.sig', 'assent_resume', 'assent_resume.sig']));
    }
  });
});
