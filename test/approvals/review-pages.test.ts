import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { readReview } from '#src/approvals/review-store.ts';
import type { Review } from '#src/approvals/review.ts';
import type { HttpBrowser, HttpPage } from '#test/support/http-browser.ts';
import { putInGroup } from '#src/tenants/group-members.ts';
import { createGroup } from '#src/tenants/group-store.ts';
import { changeMember } from '#src/tenants/member-store.ts';
import { createRole } from '#src/tenants/role-store.ts';
import { changeRules } from '#src/approvals/change-rules.ts';
import { system } from '#test/support/domain.ts';

import { findApprovalRecord } from './records.ts';
import { startApprovalSite, type ApprovalSite } from './site.ts';

let site: ApprovalSite;
beforeEach(async () => {
  site = await startApprovalSite();
});
afterEach(() => site.close());

const queue = (tenant = site.northwind) => site.at(`/admin/${tenant}/reviews`);
const pageOf = (review: Review) => `${queue()}/${review.id}`;
const textOf = ({ html }: HttpPage): string => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
const statusOf = async (review: Review) => (await readReview(site.deps, review.tenant, review.id))!.value.status;
const approval = () => findApprovalRecord(site.deps, site.northwind, site.scheduler);

describe('the queue', () => {
  it('L10 L16 lists what waits and what was decided, and finds it by app, developer or person', async () => {
    const { ada, ben, dan } = site.people;
    const notes = await site.makeApp('Notes', { developer: { name: 'Somebody', verified: false } });
    await site.ask(ben);
    await site.ask(dan);
    const other = await site.ask(dan, { app: notes });
    const browser = await site.signIn(ada);
    const all = textOf(await browser.open(queue()));
    expect(all).toMatch(/Scheduler Pro Example Software Verified Ben Okafor and 1 more .* Notes Somebody Dan Silva/);
    for (const words of ['notes', 'SOMEBODY', 'silva']) {
      const found = textOf(await browser.submit(await browser.open(queue()), { button: 'Search', fill: { q: words } }));
      expect([found.includes('Notes Somebody'), found.includes('Scheduler Pro')]).toEqual([true, false]);
    }
    expect(textOf(await browser.open(`${queue()}?q=nothing`))).toContain('Nothing was found.');
    await browser.submit(await browser.open(pageOf(other)), { button: 'Deny this request', fill: { reason: 'No.' } });
    expect(textOf(await browser.open(queue()))).not.toContain('Notes');
    expect(textOf(await browser.open(`${queue()}?state=decided`))).toMatch(/Notes .* Denied/);
  });

  it('goes on page by page, with cursors that are good for this list alone', async () => {
    const { ada, ben, chloe, dan } = site.people;
    for (let n = 0; n < 27; n += 1, site.pass(1)) await site.ask([ada, ben, chloe, dan][n % 4]!, { app: await site.makeApp(`App ${String(n).padStart(2, '0')}`) });
    const browser = await site.signIn(ada);
    const first = await browser.open(queue());
    const [, next = ''] = /href="([^"]*after=[^"]*)"/.exec(first.html) ?? [];
    const second = await browser.open(site.at(next));
    const names = (page: HttpPage) => [...page.html.matchAll(/<th scope="row"><bdi>([^<]*)/g)].map(([, name]) => name);
    expect([...names(first), ...names(second)]).toEqual(Array.from({ length: 27 }, (_, n) => `App ${String(n).padStart(2, '0')}`));
    const cursor = new URL(site.at(next)).searchParams.get('after') ?? '';
    for (const stolen of [`${queue()}?state=decided&after=${cursor}`, `${queue()}?q=x&after=${cursor}`, `${queue()}?after=${cursor}x`, `${queue()}?after=x`]) {
      expect((await browser.open(stolen)).status).toBe(400);
    }
    const erin = await site.signIn(site.people.erin);
    expect((await erin.open(`${queue(site.contoso)}?after=${cursor}`)).status).toBe(400);
  });
});

describe('a review', () => {
  it('L16 shows what the app wants, what it may do already, who asked, how often and why', async () => {
    const { ada, ben, dan } = site.people;
    await site.ask(ben, { reason: 'To plan with customers' });
    await site.ask(ben);
    const review = await site.ask(dan, { permissions: { user: ['messages:read'], tenant: [] } });
    const page = await (await site.signIn(ada)).open(pageOf(review));
    const text = textOf(page);
    expect(text).toMatch(/Scheduler Pro asks for approval A member asked for it. Open/);
    expect(text).toMatch(/Developer Example Software Verified/);
    expect(text).toMatch(/An owner, because something in it is restricted: Ada Lovelace/);
    expect(text).toMatch(/Ben Okafor 2 times.*To plan with customers.*Dan Silva/);
    expect(text).toMatch(/For a member: what is new .*See your contacts Advanced Sensitive.*Read your messages Restricted Sensitive.*For the whole organisation: what is new .*See all meetings of the organisation Advanced/);
    expect(text).toMatch(/What it may do already .*See your meetings Basic/);
    expect(page.forms.flatMap(({ controls }) => controls).filter(({ name, checked }) => name.startsWith('allow_') && checked).map(({ value }) => value)).toEqual(['contacts:read', 'messages:read', 'meetings.all:read']);
  });

  it('L16 warns of a developer whom nobody verified, whatever the name says', async () => {
    const app = await site.makeApp('Notes \u2705', { developer: { name: 'Example Software \u2714', verified: false } });
    const { html } = await (await site.signIn(site.people.ada)).open(pageOf(await site.ask(site.people.ben, { app })));
    expect(html).toContain('Not verified');
    expect(html).not.toMatch(/[\u2705\u2714]/);
  });

  it('Z10 is approved for everyone, in part, and says so to whoever looks later', async () => {
    const review = await site.ask(site.people.ben);
    const browser = await site.signIn(site.people.chloe);
    const after = await browser.submit(await browser.open(pageOf(review)), { button: 'Approve', untick: ['allow_user=contacts:read'] });
    expect(after.url.href).toBe(pageOf(review));
    expect(textOf(after)).toMatch(/Approved Decided by Chloe Martin .*Available to Everyone in Northwind.*It was allowed to .*See all meetings.*It was not allowed to .*See your contacts/);
    expect(await approval()).toMatchObject({ status: 'approved', permissions: { user: [], tenant: ['meetings.all:read'] }, availability: { kind: 'everyone' } });
  });

  it('Z10 is approved for a group and for members who are found without JavaScript', async () => {
    const { ben, chloe, dan } = site.people;
    const { id: sales } = await createGroup(site.deps, { tenant: site.northwind, name: 'Sales' }, system);
    await putInGroup(site.deps, { tenant: site.northwind, group: sales, user: dan.id }, system);
    const review = await site.ask(ben);
    const browser = await site.signIn(chloe);
    const found = await browser.submit(await browser.open(pageOf(review)), {
      button: 'Find members', fill: { query: 'okaf' }, tick: [`group=${sales}`], untick: ['allow_user=contacts:read', 'for=everyone'],
    });
    expect(textOf(found)).toContain('Ben Okafor ben@northwind.example');
    expect(await statusOf(review)).toBe('open');
    const done = await browser.submit(found, { button: 'Approve', tick: [`member=${ben.id}`] });
    expect(textOf(done)).toMatch(/Available to Sales, Ben Okafor/);
    expect(await approval()).toMatchObject({ permissions: { user: [], tenant: ['meetings.all:read'] }, availability: { kind: 'some', groups: [sales], members: [ben.id] } });
  });

  it('is not approved for everyone by a forgotten click, nor for nobody, nor for nothing', async () => {
    const { ben, chloe } = site.people;
    const { id: sales } = await createGroup(site.deps, { tenant: site.northwind, name: 'Sales' }, system);
    const review = await site.ask(ben);
    const browser = await site.signIn(chloe);
    const open = () => browser.open(pageOf(review));
    const forgotten = await browser.submit(await open(), { button: 'Approve', tick: [`group=${sales}`] });
    expect([forgotten.status, textOf(forgotten)]).toEqual([422, expect.stringContaining('You ticked groups or members')]);
    const nobody = await browser.submit(await open(), { button: 'Approve', tick: ['for=some'], untick: ['for=everyone'] });
    expect([nobody.status, textOf(nobody)]).toEqual([422, expect.stringContaining('Choose at least one group or member.')]);
    const nothing = await browser.submit(await open(), { button: 'Approve', untick: ['allow_user=contacts:read', 'allow_tenant=meetings.all:read'] });
    expect([nothing.status, textOf(nothing)]).toEqual([422, expect.stringContaining('Choose at least one permission')]);
    const searching = await browser.submit(await open(), { button: 'Approve', fill: { query: 'ben' } });
    expect([searching.status, textOf(searching)]).toEqual([200, expect.stringContaining('ben@northwind.example')]);
    expect([await statusOf(review), await approval()]).toEqual(['open', undefined]);
  });

  it('L16 is denied with a reason, or the app is blocked after saying what that does', async () => {
    const { ada, ben } = site.people;
    const browser = await site.signIn(ada);
    const first = await site.ask(ben);
    const none = await browser.submit(await browser.open(pageOf(first)), { button: 'Deny this request' });
    expect([none.status, textOf(none)]).toEqual([422, expect.stringContaining('Write a reason')]);
    expect(textOf(await browser.submit(await browser.open(pageOf(first)), { button: 'Deny this request', fill: { reason: 'We have\r\nanother one.' } }))).toMatch(/Denied .* Reason We have another one\./);
    const second = await site.ask(ben);
    const confirm = await browser.open(`${pageOf(second)}/block`);
    expect(textOf(confirm)).toContain('Nothing of it works in Northwind any more, at once');
    expect(textOf(await browser.submit(confirm, { button: 'Block the app' }))).toContain('App blocked');
    expect(await approval()).toMatchObject({ status: 'blocked' });
  });

  it('xA6 shows the second of two approvers what the first decided', async () => {
    const { ada, chloe, ben } = site.people;
    const review = await site.ask(ben);
    const [one, two] = [await site.signIn(ada), await site.signIn(chloe)];
    const [seenByOne, seenByTwo] = [await one.open(pageOf(review)), await two.open(pageOf(review))];
    await one.submit(seenByOne, { button: 'Approve' });
    const late = await two.submit(seenByTwo, { button: 'Deny this request', fill: { reason: 'Late.' } });
    expect([late.status, textOf(late)]).toEqual([409, expect.stringMatching(/This review is over. It was approved already\..*Decided by Ada Lovelace/)]);
    expect(await statusOf(review)).toBe('approved');
  });

  it('is not approved for more than was on the page', async () => {
    const { ada, ben, dan } = site.people;
    const review = await site.ask(ben);
    const browser = await site.signIn(ada);
    const seen = await browser.open(pageOf(review));
    await site.ask(dan, { permissions: { user: ['messages:read'], tenant: [] } });
    const grown = await browser.submit(seen, { button: 'Approve' });
    expect([grown.status, textOf(grown)]).toEqual([409, expect.stringContaining('More was asked for while this page was open.')]);
    expect(textOf(grown)).toContain('Read your messages');
    expect(await statusOf(review)).toBe('open');
  });

  it('xA5 is not decided by somebody demoted between looking and clicking', async () => {
    const { chloe, ben } = site.people;
    const review = await site.ask(ben);
    const browser = await site.signIn(chloe);
    const seen = await browser.open(pageOf(review));
    await changeMember(site.deps, { tenant: site.northwind, user: chloe.id, role: 'member' }, system);
    expect((await browser.submit(seen, { button: 'Approve' })).status).toBe(404);
    expect(await statusOf(review)).toBe('open');
  });

  it('can be seen and not decided by those who only view apps, and decided by members whom the rules name', async () => {
    const { ben, dan } = site.people;
    const review = await site.ask(ben);
    const { id: role } = await createRole(site.deps, { tenant: site.northwind, name: 'Onlooker', capabilities: ['apps.view'] }, system);
    await changeMember(site.deps, { tenant: site.northwind, user: dan.id, role }, system);
    const onlooker = await site.signIn(dan);
    const page = await onlooker.open(pageOf(review));
    expect(textOf(page)).toContain('You can see this request. Chloe Martin can decide on it.');
    expect(page.html).not.toContain('Deny this request');
    await changeMember(site.deps, { tenant: site.northwind, user: dan.id, role: 'member' }, system);
    expect((await onlooker.open(pageOf(review))).status).toBe(404);
    await changeRules(site.deps, { tenant: site.northwind, changes: { reviewers: { kind: 'people', people: [dan.id] } } }, system);
    await onlooker.submit(await onlooker.open(pageOf(review)), { button: 'Approve' });
    expect(await statusOf(review)).toBe('approved');
  });
});

describe('xA4 approval cannot be forged', () => {
  const post = (browser: HttpBrowser, url: string, body: Record<string, string>, headers = {}) =>
    fetch(url, {
      method: 'POST', redirect: 'manual', body: new URLSearchParams(body),
      headers: { accept: 'text/html', cookie: ['assent_session', 'assent_form'].map((name) => `${name}=${browser.cookie(url, name) ?? ''}`).join('; '), ...headers },
    });

  it('by a member, another tenant\'s owner or nobody: the same page as for a tenant that is not there', async () => {
    const { ben, erin, ada } = site.people;
    const review = await site.ask(ben);
    const owner = await site.signIn(ada);
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec((await owner.open(pageOf(review))).html.split('<main')[1] ?? '') ?? [];
    const forged = { csrf, do: 'approve', for: 'everyone', allow_tenant: 'meetings.all:read', seen_user: 'contacts:read', seen_tenant: 'meetings.all:read' };
    const bodies = new Set<string>();
    for (const person of [ben, erin]) {
      const browser = await site.signIn(person);
      for (const path of ['', '/reviews', `/reviews/${review.id}`, `/reviews/${review.id}/block`, '/rules']) {
        for (const tenant of [site.northwind, 'ten_unknown']) {
          const page = await browser.open(site.at(`/admin/${tenant}${path}`));
          expect(page.status).toBe(404);
          bodies.add(page.html.split('<main')[1]!.replaceAll(/[0-9a-f-]{36}/g, ''));
        }
        if (path !== '' && path !== '/reviews') expect((await post(browser, site.at(`/admin/${site.northwind}${path}`), forged)).status).toBe(404);
      }
    }
    expect(bodies.size).toBe(1);
    const away = await fetch(pageOf(review), { redirect: 'manual' });
    expect([away.status, away.headers.get('location')]).toEqual([303, expect.stringMatching(/^\/sign-in/)]);
    expect([await statusOf(review), await approval()]).toEqual(['open', undefined]);
  });

  it('by GET, without the form\'s token, with the token of another form, or from another site', async () => {
    const { ada, ben } = site.people;
    const [review, other] = [await site.ask(ben), await site.ask(ben, { app: await site.makeApp('Other') })];
    const browser = await site.signIn(ada);
    const page = await browser.open(pageOf(review));
    const tokenOf = ({ html }: HttpPage) => /name="csrf" value="([^"]+)"/.exec(html.split('<main')[1] ?? '')?.[1] ?? '';
    const [csrf, foreign] = [tokenOf(page), tokenOf(await browser.open(pageOf(other)))];
    const yes = { do: 'approve', for: 'everyone', allow_tenant: 'meetings.all:read' };
    await browser.open(`${pageOf(review)}?${new URLSearchParams({ ...yes, csrf })}`);
    await browser.open(`${pageOf(review)}/block?${new URLSearchParams({ csrf })}`);
    expect((await post(browser, pageOf(review), yes)).status).toBe(403);
    expect((await post(browser, pageOf(review), { ...yes, csrf: foreign })).status).toBe(403);
    expect((await post(browser, `${pageOf(review)}/block`, { csrf })).status).toBe(403);
    expect((await post(browser, pageOf(review), { ...yes, csrf }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect([await statusOf(review), await approval()]).toEqual(['open', undefined]);
  });

  it('xT1 for a review of another tenant, by its own admin', async () => {
    const theirs = await site.ask(site.people.erin, { tenant: site.contoso });
    const browser = await site.signIn(site.people.ada);
    for (const id of [theirs.id, 'rev_unknown', '%00', '__proto__', '..%2f..']) {
      expect((await browser.open(`${queue()}/${id}`)).status).toBeGreaterThanOrEqual(400);
      expect((await browser.open(`${queue()}/${id}/block`)).status).toBeGreaterThanOrEqual(400);
    }
    expect((await browser.open(`${queue(site.contoso)}/${theirs.id}`)).status).toBe(404);
  });
});

describe('the page of who asked', () => {
  const requestOf = (review: Review) => site.at(`/requests/${review.tenant}/${review.id}`);

  it('L10 says how it stands, who decides and since when, and once approved leads back to where they stopped', async () => {
    const { ben, chloe } = site.people;
    const review = await site.ask(ben, { reason: 'For planning', resume: '/consent/abc?x=1&y=2' });
    const asker = await site.signIn(ben);
    const waiting = await asker.open(requestOf(review));
    expect(textOf(waiting)).toMatch(/Your request for Scheduler Pro waits Open .*You wrote For planning Who decides Chloe Martin/);
    expect(waiting.html).not.toContain('Go on with');
    const admin = await site.signIn(chloe);
    await admin.submit(await admin.open(pageOf(review)), { button: 'Approve' });
    const approved = await asker.open(requestOf(review));
    expect(textOf(approved)).toMatch(/Scheduler Pro is approved .*Go on with Scheduler Pro .*Decided by Chloe Martin/);
    expect(approved.html).toContain('href="/consent/abc?x=1&amp;y=2"');
  });

  it('leads to nobody else\'s site, and nowhere when it was approved for others', async () => {
    const { ben, chloe, dan } = site.people;
    const admin = await site.signIn(chloe);
    const asker = await site.signIn(ben);
    for (const resume of ['//evil.example/', '/\\evil.example', '/\t/evil.example', 'https://evil.example/', 'javascript:alert(1)', '/..//evil.example']) {
      const app = await site.makeApp('Resume');
      const review = await site.ask(ben, { app, resume });
      await admin.submit(await admin.open(pageOf(review)), { button: 'Approve' });
      const { html } = await asker.open(requestOf(review));
      expect(html).toContain('is approved');
      expect(html).not.toMatch(/href="[^"]*evil|javascript:/);
    }
    const review = await site.ask(ben, { resume: '/account' });
    const found = await admin.submit(await admin.open(pageOf(review)), { button: 'Find members', fill: { query: dan.email } });
    await admin.submit(found, { button: 'Approve', tick: [`member=${dan.id}`] });
    const page = await asker.open(requestOf(review));
    expect(textOf(page)).toContain('It was approved, but for other members');
    expect(page.html).not.toContain('Go on with');
  });

  it('L16 tells the reason of a no, and that it expired', async () => {
    const { ada, ben } = site.people;
    const review = await site.ask(ben);
    const browser = await site.signIn(ada);
    await browser.submit(await browser.open(pageOf(review)), { button: 'Deny this request', fill: { reason: 'We have another one.' } });
    expect(textOf(await (await site.signIn(ben)).open(requestOf(review)))).toMatch(/was denied .*Reason We have another one\./);
    const late = await site.ask(ben);
    site.pass(31 * 86_400_000);
    expect(textOf(await (await site.signIn(ben)).open(requestOf(late)))).toContain('Nobody decided in time.');
  });

  it('is for those who asked and nobody else', async () => {
    const review = await site.ask(site.people.ben);
    for (const person of [site.people.ada, site.people.dan, site.people.erin]) {
      expect((await (await site.signIn(person)).open(requestOf(review))).status).toBe(404);
    }
    await changeMember(site.deps, { tenant: site.northwind, user: site.people.ben.id, status: 'inactive' }, system);
    expect((await (await site.signIn(site.people.ben)).open(requestOf(review))).status).toBe(404);
  });
});

describe('xM1 what strangers wrote stays text', () => {
  const CORPUS = [
    '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", '</title><svg onload=alert(1)>', '</textarea><script>x</script>',
    'javascript:alert(1)', '{{constructor.constructor("alert(1)")()}}', '<%= 7*7 %>', '&lt;b&gt;', '<!--<script>', '</blockquote></bdi><iframe src=//evil>',
  ];

  it('in reasons, names of apps, developers, people, groups and tenants, on every page', async () => {
    const { ada, ben } = site.people;
    const admin = await site.signIn(ada);
    const asker = await site.signIn(ben);
    for (const [place, text] of CORPUS.entries()) {
      const app = await site.makeApp(text, { developer: { name: text, verified: place % 2 === 0 } });
      await createGroup(site.deps, { tenant: site.northwind, name: text }, system);
      const review = await site.ask(place % 2 === 0 ? ben : ada, { app, reason: text, resume: `/x?${text}` });
      await admin.open(`${queue()}?q=${encodeURIComponent(text)}`);
      if (place % 2 === 0) await admin.submit(await admin.open(pageOf(review)), { button: 'Deny this request', fill: { reason: text } });
      const urls = [`${queue()}?q=${encodeURIComponent(text)}`, pageOf(review), `${pageOf(review)}/block`, `${queue()}?state=decided`, site.at(`/admin/${site.northwind}/rules`), site.at(`/requests/${review.tenant}/${review.id}`)];
      for (const url of urls) {
        for (const browser of [admin, asker]) {
          const { html } = await browser.open(url);
          expect(html).not.toMatch(/<script|<svg|<iframe|<img (?!src="\/icon)|href="javascript/i);
          expect(html.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\son\w+=|>49</i);
        }
      }
    }
  });
});
