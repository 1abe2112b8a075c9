import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { decideReview, type ReviewVerdict } from '#src/approvals/decide-review.ts';
import type { Review } from '#src/approvals/review.ts';
import { tendReviews } from '#src/approvals/tend-reviews.ts';
import { deliveriesOf, deliveryFailures } from '#src/deliveries/delivery-store.ts';
import type { Post } from '#src/deliveries/mail/mail.ts';
import { smtpPost } from '#src/deliveries/mail/smtp-post.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';
import { addMember, changeMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { createUser, updateUser } from '#src/tenants/user-store.ts';
import { ADVANCED, ask, DECLARED, makeApp, makeWorld, RESTRICTED, reviewOf } from '#test/approvals/world.ts';
import { ada, ben, by, chloe, dan, eventsOf, northwind, onEachEngine, system } from '#test/support/domain.ts';
import { until } from '#test/support/redis.ts';
import { startSmtp, type MailSink, type ReceivedMail } from '#test/support/smtp.ts';

import { ISSUER, mailReaderFor, startServer, type DeliveringServer } from './world.ts';

const DAY = 86_400_000;
const no = (reason = ''): ReviewVerdict => ({ is: 'deny', reason });
const yes: ReviewVerdict = { is: 'approve', permissions: ADVANCED, availability: { kind: 'everyone' } };
const mailbox = (user: UserId): string => `${user}@northwind.example`;

describe('mail about reviews', () => {
  let sink: MailSink;
  let post: Post;
  let server: DeliveringServer | undefined;
  beforeEach(async () => {
    sink = await startSmtp();
    post = smtpPost({ host: '127.0.0.1', port: sink.port, secure: false, auth: undefined }, 'Northlight <no-reply@northlight.example>', { answerMs: 1000 });
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    post.close();
    await sink.stop();
  });

  onEachEngine((domain) => {
    const start = () => (server = startServer(domain(), mailReaderFor(post)));
    const decide = (review: Review, verdict: ReviewVerdict, who: UserId = chloe) =>
      decideReview(domain().deps, { tenant: northwind, review: review.id }, verdict, by(who));
    const asked = async (app: AppId, who: UserId = ben, more = {}) => reviewOf(await ask(domain(), app, who, more));
    const eventId = async (type: string) => (await eventsOf(domain().deps.store, shardOf(northwind))).find((event) => event.type === type)?.id;
    /** Mails to this person, once the one that is expected last is there. */
    async function mailTo(user: UserId, count = 1): Promise<ReceivedMail[]> {
      await sink.received(count);
      return sink.to(mailbox(user));
    }
    /** Something that is always told, so that nothing more is under way for what happened before in the tenant. */
    async function lastOfAll(): Promise<void> {
      const app = await makeApp(domain(), DECLARED, 'Last of all');
      await asked(app, dan, { permissions: RESTRICTED });
      await sink.received(1);
      while (!sink.mails.some((mail) => mail.header('subject')?.includes('Last of all'))) await new Promise((resolve) => setTimeout(resolve, 20));
    }

    it('L16 those who decide are told of a request, with the link to it, once and nobody else', async () => {
      const app = await makeWorld(domain());
      start();
      const review = await asked(app);
      const [mail] = await mailTo(chloe);
      expect(mail!.header('subject')).toBe('Please decide: “Scheduler Pro” in “Northwind”');
      expect(mail!.header('from')).toBe('Northlight <no-reply@northlight.example>');
      expect(mail!.header('to')).toBe('usr_chloe <usr_chloe@northwind.example>');
      expect(mail!.header('auto-submitted')).toBe('auto-generated');
      const link = `${ISSUER}/admin/${northwind}/reviews/${review.id}`;
      expect(mail!.part('text/plain')).toContain(`Look at the request:\n${link}\n`);
      expect(mail!.part('text/plain')).toContain('“usr_ben” asks for “Scheduler Pro” in “Northwind”.');
      expect(mail!.part('text/html')).toContain(`<a href="${link}">Look at the request</a>`);
      await lastOfAll();
      expect(sink.mails.map(({ to }) => to)).toEqual([[mailbox(chloe)], [mailbox(ada)]]);
    });

    it('L16 the requester is mailed the approval with the exact link to go on', async () => {
      const app = await makeWorld(domain());
      const resume = `/oauth/authorize?client_id=${app}&state=a%26b&scope=meetings%3Awrite`;
      const review = await asked(app, ben, { resume });
      await asked(app, dan);
      start();
      await decide(review, yes);
      await sink.received(2);
      const [toBen] = sink.to(mailbox(ben));
      expect(toBen!.header('subject')).toBe('Approved: “Scheduler Pro” in “Northwind”');
      expect(toBen!.part('text/plain')).toContain(`Go on where you stopped:\n${ISSUER}${resume}\n`);
      expect(toBen!.part('text/html')).toContain(`<a href="${ISSUER}${resume.replaceAll('&', '&amp;')}">Go on where you stopped</a>`);
      const [toDan] = sink.to(mailbox(dan));
      expect(toDan!.part('text/plain')).toContain(`See your request:\n${ISSUER}/requests/${northwind}/${review.id}\n`);
    });

    it.each([
      [no('We have another one.'), 'Not approved: “Scheduler Pro” in “Northwind”', 'The reason given: We have another one.'],
      [{ is: 'block', reason: '' } as const, 'Not allowed: “Scheduler Pro” in “Northwind”', 'You cannot ask for it again until that changes.'],
    ])('L16 the requester is mailed %o', async (verdict, subject, sentence) => {
      const app = await makeWorld(domain());
      const review = await asked(app, ben, { resume: '/oauth/authorize?x=1' });
      start();
      await decide(review, verdict);
      const [mail] = await mailTo(ben);
      expect(mail!.header('subject')).toBe(subject);
      const text = mail!.part('text/plain').replaceAll('\u2060', '');
      expect(text).toContain(sentence);
      expect(text).toContain(`See your request:\n${ISSUER}/requests/`);
      expect(text).not.toContain('/oauth/');
    });

    it('L16 those who decide are reminded before a request ends, and the requester is told when it has', async () => {
      const app = await makeWorld(domain());
      await asked(app);
      start();
      await mailTo(chloe);
      domain().pass(23 * DAY);
      await tendReviews(domain().deps, shardOf(northwind));
      const [, reminder] = await mailTo(chloe, 2);
      expect(reminder!.header('subject')).toBe('Still waiting for you: “Scheduler Pro” in “Northwind”');
      expect(reminder!.part('text/plain')).toContain('Without an answer the request ends on 21 December 2026.');
      domain().pass(7 * DAY);
      await tendReviews(domain().deps, shardOf(northwind));
      const [ended] = await mailTo(ben, 3);
      expect(ended!.header('subject')).toBe('No answer: “Scheduler Pro” in “Northwind”');
    });

    it('L16 an owner is told when a request that others decide grows by what is restricted', async () => {
      const app = await makeWorld(domain());
      start();
      await asked(app);
      await mailTo(chloe);
      await asked(app, dan, { permissions: ADVANCED });
      await lastOfAll();
      expect(sink.mails.map(({ to }) => to[0])).toEqual([mailbox(chloe), mailbox(ada)]);
      await asked(app, dan, { permissions: RESTRICTED });
      await sink.received(3);
      expect([sink.mails[2]!.to[0], sink.mails[2]!.header('subject')]).toEqual([mailbox(ada), 'Please decide: “Scheduler Pro” in “Northwind”']);
    });

    it('gives a mail the same Message-ID when it is sent again, and no two mails the same', async () => {
      const app = await makeWorld(domain());
      const review = await asked(app);
      await asked(app, dan);
      await decide(review, no());
      start();
      await sink.received(2);
      const event = await eventId('review.denied');
      expect(sink.mails.map(({ messageId }) => messageId).toSorted()).toEqual([`<${event}.usr_ben@id.example>`, `<${event}.usr_dan@id.example>`]);
    });

    it('goes to nobody who is no active member any more, nor about what was decided meanwhile', async () => {
      const { deps } = domain();
      const app = await makeWorld(domain());
      const review = await asked(app, ben);
      await asked(app, dan);
      await decide(review, no());
      await changeMember(deps, { tenant: northwind, user: dan, status: 'inactive' }, system);
      await updateUser(deps, { id: ben, status: 'disabled' }, system);
      const other = await makeApp(domain(), DECLARED, 'Another');
      await asked(other, chloe, { permissions: RESTRICTED });
      start();
      await sink.received(1);
      expect(sink.mails.map(({ to, header }) => [to[0], header('subject')])).toEqual([[mailbox(ada), 'Please decide: “Another” in “Northwind”']]);
      await until('nothing waits', async () => (await deliveriesOf(deps, shardOf(northwind), 'mail', 10)).records.length === 0);
      expect(sink.mails).toHaveLength(1);
    });

    it('is not sent about what happened more than a week before mail was switched on', async () => {
      const app = await makeWorld(domain());
      await asked(app);
      domain().pass(8 * DAY);
      start();
      await lastOfAll();
      expect(sink.to(mailbox(chloe))).toEqual([]);
    });

    it('leaves markup, line breaks and addresses in names without effect', async () => {
      const { deps } = domain();
      const tenant = 'ten_odd' as TenantId;
      await createTenant(deps, { id: tenant, name: '<b>Odd</b> & Sons' }, system);
      const user = 'usr_o>@x.example,"<\'dd' as UserId;
      await createUser(deps, { id: user, email: 'odd@northwind.example', name: 'Odd" <evil@x.example>, Bcc: all@x.example' }, system);
      await addMember(deps, { tenant, user, role: 'owner' }, system);
      const app = await makeApp(domain(), DECLARED, '<script>alert(1)</script> http://evil.example');
      start();
      await ask(domain(), app, user, { tenant, permissions: RESTRICTED });
      const [mail] = await sink.received(1);
      expect(mail!.to).toEqual(['odd@northwind.example']);
      expect(mail!.header('bcc')).toBeUndefined();
      expect(mail!.source.split('\r\n\r\n')[0]!.split('\r\n').filter((line) => /^(to|cc|bcc|subject|message-id):/i.test(line))).toHaveLength(3);
      expect(mail!.messageId).toMatch(/^<[\w=.-]+@id\.example>$/);
      const html = mail!.part('text/html');
      expect(html).not.toMatch(/<script|<b>/);
      expect(html.match(/href="[^"]*"/g)!.every((href) => href.startsWith(`href="${ISSUER}`))).toBe(true);
      expect(mail!.part('text/plain')).not.toContain('http://evil.example');
    });

    it('arrives after the SMTP server was away for a while', async () => {
      const app = await makeWorld(domain());
      await sink.down();
      start();
      await asked(app);
      while (server!.logged.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(server!.logged[0]!.message).toBe('a delivery failed; it will be tried again');
      await sink.restart();
      domain().pass(10_000);
      await mailTo(chloe);
      expect((await deliveryFailures(domain().deps, { limit: 10 })).records).toEqual([]);
    });

    it('is given up for a receiver whom the server refuses for good, and only for that one', async () => {
      const app = await makeWorld(domain());
      const review = await asked(app);
      await asked(app, dan);
      await decide(review, no());
      sink.refuse(mailbox(ben), 550);
      start();
      await mailTo(dan);
      const failures = async () => (await deliveryFailures(domain().deps, { limit: 10 })).records.map(({ value }) => value);
      while ((await failures()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await failures()).toMatchObject([{ reader: 'mail', receiver: ben, tries: 1, why: expect.stringContaining('550') }]);
      expect(sink.to(mailbox(ben))).toEqual([]);
    });
  });
});
