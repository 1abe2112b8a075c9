import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import compose from 'koa-compose';

import { mailboxPost } from '#src/deliveries/mail/mailbox.ts';
import { devMailPages } from '#src/deliveries/mail/pages.ts';
import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';
import { startWeb, type TestWeb } from '#test/support/web.ts';

const DAY = 86_400_000;

describe('the mails of development', () => {
  let now = Date.parse('2026-11-21T20:00:00Z');
  let store: RecordStore;
  let [development, production]: TestWeb[] = [];
  const send = (id: string, text = 'Hello') =>
    mailboxPost({ store, clock: () => now }).send({ messageId: `<${id}@id.example>`, to: { name: 'Ada <b>', address: 'ada@northwind.example' }, subject: `Mail ${id}`, text, html: '<p>Hello</p>' });
  const open = (web: TestWeb | undefined, path: string) => createHttpBrowser().open(`${web?.origin}${path}`);

  beforeAll(async () => {
    store = await openStore('sqlite::memory:', { clock: () => now });
    const mounts = [{ at: ['/dev/mail'], manner: 'page' as const, use: compose([devMailPages({ store, clock: () => now }).routes() as never]) as never }];
    [development, production] = await Promise.all([startWeb({ mounts }), startWeb({ mounts, production: true })]);
  });
  afterAll(async () => {
    await Promise.all([development?.close(), production?.close()]);
    await store.close();
  });

  it('are listed, the newest first, and each is there once however often it is sent', async () => {
    expect((await open(development, '/dev/mail')).html).toContain('There is no mail yet.');
    await send('one');
    now += 1000;
    await send('two');
    await send('two');
    const { html } = await open(development, '/dev/mail');
    expect(html.match(/>Mail \w+</g)).toEqual(['>Mail two<', '>Mail one<']);
    expect(html).toContain('Ada &lt;b&gt; &lt;ada@northwind.example&gt;');
  });

  it('show their text with the links in it, and nothing else of it as markup', async () => {
    await send('three', 'Go on:\nhttps://id.example/a?b=1&c="2"\n<script>x</script> javascript:alert(1)');
    const list = await open(development, '/dev/mail');
    const [, path = ''] = /href="(\/dev\/mail\/[^"]+)">Mail three</.exec(list.html) ?? [];
    const { html } = await open(development, path);
    expect(html).toContain('<a href="https://id.example/a?b=1&amp;c=&#34;2&#34;">');
    expect(html).toContain('&lt;script&gt;x&lt;/script&gt; javascript:alert(1)');
    expect(html).toContain('&lt;three@id.example&gt;');
  });

  it('are gone after a week', async () => {
    now += 8 * DAY;
    expect((await open(development, '/dev/mail')).html).toContain('There is no mail yet.');
  });

  it('do not exist in production', async () => {
    await send('four');
    expect((await open(production, '/dev/mail')).status).toBe(404);
    const [, path = ''] = /href="(\/dev\/mail\/[^"]+)">Mail four</.exec((await open(development, '/dev/mail')).html) ?? [];
    expect(path).not.toBe('');
    expect((await open(production, path)).status).toBe(404);
    expect((await open(development, '/dev/mail/unknown')).status).toBe(404);
  });
});
