import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { createRouter } from '#src/http/web-context.ts';
import { startWeb, type TestWeb } from '#test/support/web.ts';

let web: TestWeb;
beforeAll(async () => {
  const use = createRouter().get('/oauth/slow', async (ctx) => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    ctx.body = 'done';
  });
  web = await startWeb({ mounts: [{ at: ['/oauth'], manner: 'protocol', use: use.routes() }] });
});
afterAll(() => web.close());

const valueOf = (text: string, series: string): number => Number(text.split('\n').find((line) => line.startsWith(`${series} `))?.split(' ').at(-1) ?? 0);

test('/metrics shows how many requests each part answered, how and in what time, and names nobody', async () => {
  for (const path of ['/oauth/slow', '/oauth/slow', '/oauth/nothing?code=of-somebody']) await (await fetch(web.origin + path)).text();
  const text = await (await fetch(`${web.origin}/metrics`)).text();
  const labels = 'part="protocol",method="GET",status="2xx"';
  expect(valueOf(text, `assent_request_duration_seconds_count{${labels}}`)).toBe(2);
  expect(valueOf(text, `assent_request_duration_seconds_count{${labels.replace('2xx', '4xx')}}`)).toBe(1);
  expect(valueOf(text, `assent_request_duration_seconds_sum{${labels}}`)).toBeGreaterThan(0.05);
  expect(text).toContain('assent_request_duration_seconds_bucket{le="0.01",');
  expect(text).not.toMatch(/of-somebody|127\.0\.0\.1|slow/);
});
