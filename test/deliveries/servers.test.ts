import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { ask, makeApp } from '#test/approvals/world.ts';
import { testCatalogue } from '#test/support/catalogue.ts';
import { until } from '#test/support/redis.ts';
import { startSmtp, type MailSink } from '#test/support/smtp.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';

describe('two server processes on one Redis', () => {
  let sink: MailSink;
  let world: TwoServers;
  let store: RecordStore;
  let app: AppId;
  const deps = () => ({ store, clock: () => Date.now(), catalogue: testCatalogue });

  beforeAll(async () => {
    sink = await startSmtp();
    world = await startTwoServers({ settings: { ASSENT_SMTP_URL: sink.url } });
    store = await openStore(world.redis.url, deps());
  });
  beforeEach(async () => {
    app = await makeApp({ deps: deps() });
  });
  afterEach(() => sink.delay(0));
  afterAll(async () => {
    await store.close();
    await world.stop();
    await sink.stop();
  });

  /** A member asks; the owner is to be told. */
  const someoneAsks = () => ask({ deps: deps() }, app, world.people.ben.id as UserId, { tenant: world.tenants.northwind as TenantId });
  const quiet = async (ms: number): Promise<void> => {
    for (let before = -1; before !== sink.mails.length; ) {
      before = sink.mails.length;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  };

  it('L16 tell the owner of a request once, though neither of them made it', async () => {
    await someoneAsks();
    await sink.received(1);
    await quiet(3000);
    expect(sink.mails.map(({ to }) => to)).toEqual([[world.people.ada.email]]);
  });

  it('ask little of Redis while nothing happens', async () => {
    const commands = async () => Number(/total_commands_processed:(\d+)/.exec(String(await world.redis.command('info', 'stats')))?.[1]);
    const [before, begun] = [await commands(), performance.now()];
    await quiet(5000);
    const perSecond = (await commands() - before) / ((performance.now() - begun) / 1000);
    expect(perSecond).toBeLessThan(250);
  });

  it('answer requests while the SMTP server takes its time', async () => {
    sink.delay(5000);
    const before = sink.mails.length;
    await someoneAsks();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    for (const { url } of world.assent.servers) {
      const begun = performance.now();
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
      expect(performance.now() - begun).toBeLessThan(1000);
    }
    await sink.received(before + 1);
  });

  it('L16 send a mail again with the same Message-ID when the one that sent it is killed before it could write that down', async () => {
    const before = sink.mails.length;
    // The mail is there, and its sender does not know yet.
    sink.delayAnswer(60_000);
    await someoneAsks();
    await sink.received(before + 1);
    const [first] = sink.mails.slice(before);
    sink.delayAnswer(0);
    await Promise.all(world.assent.servers.map((server) => server.kill('SIGKILL')));
    await Promise.all(world.assent.servers.map((server) => server.restart()));
    await until('it came again', () => sink.mails.length > before + 1, 25_000);
    const [again] = sink.mails.slice(before + 1);
    expect([again!.messageId, again!.to]).toEqual([first!.messageId, first!.to]);
    expect(first!.messageId).toMatch(/^<[0-9a-f-]{36}\.usr_\w+@127\.0\.0\.1>$/);
    await quiet(3000);
    expect(sink.mails).toHaveLength(before + 2);
  }, 60_000);

  it('L16 lose nothing when one of them is killed in the middle of work', async () => {
    const before = sink.mails.length;
    sink.delay(300);
    const [one] = world.assent.servers;
    const asking = Promise.all(Array.from({ length: 8 }, async () => {
      const each = await makeApp({ deps: deps() });
      await ask({ deps: deps() }, each, world.people.dan.id as UserId, { tenant: world.tenants.northwind as TenantId });
    }));
    await sink.received(before + 2);
    await one!.kill('SIGKILL');
    await asking;
    const told = () => new Set(sink.mails.slice(before).map(({ messageId }) => messageId)).size;
    await until('all were told', () => told() === 8, 25_000);
    expect(sink.mails.length - before).toBeLessThanOrEqual(9);
    await one!.restart();
  }, 60_000);
});
