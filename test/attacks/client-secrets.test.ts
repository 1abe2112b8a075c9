import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { post } from '#test/support/oauth-flow.ts';
import { install } from '#test/support/tenant-tokens.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
let id: string;
let secret: string;

beforeAll(async () => {
  world = await startWorld();
  ({ id } = world.apps.scheduler);
  secret = world.apps.scheduler.secret ?? '';
});
afterAll(() => world.stop());

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const escapeAll = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

async function send(authorization: string | undefined, form: Record<string, string> = {}): Promise<{ status: number; error: string | undefined; challenge: string | null }> {
  const response = await fetch(`${world.issuer}/oauth/introspect`, {
    method: 'POST',
    headers: authorization === undefined ? {} : { authorization },
    body: new URLSearchParams({ token: 'assent_ut_x', ...form }),
  });
  return { status: response.status, error: ((await response.json()) as { error?: string }).error, challenge: response.headers.get('www-authenticate') };
}

describe('client_secret_basic, form-encoded (RFC 6749 section 2.3.1)', () => {
  const good: [string, () => string][] = [
    ['as it is', () => `Basic ${base64(`${id}:${secret}`)}`],
    ['with the scheme in other letters', () => `bAsIc ${base64(`${id}:${secret}`)}`],
    ['with every byte escaped', () => `Basic ${base64(`${escapeAll(id)}:${escapeAll(secret)}`)}`],
    ['with the underscores escaped', () => `Basic ${base64(`${id}:${secret}`.replaceAll('_', '%5F'))}`],
    ['without padding', () => `Basic ${base64(`${id}:${secret}`).replace(/=+$/, '')}`],
  ];
  test.each(good)('%s is who it says', async (_, authorization) => {
    expect(await send(authorization())).toMatchObject({ status: 200 });
  });

  const bad: [string, () => string][] = [
    ['a space after it', () => `Basic ${base64(`${id}:${secret} `)}`],
    ['a plus after it, which is a space', () => `Basic ${base64(`${id}:${secret}+`)}`],
    ['a colon more', () => `Basic ${base64(`${id}:${secret}:`)}`],
    ['escaped twice', () => `Basic ${base64(`${id}:${escapeAll(escapeAll(secret))}`)}`],
    ['its last letter missing', () => `Basic ${base64(`${id}:${secret.slice(0, -1)}`)}`],
    ['in capitals', () => `Basic ${base64(`${id}:${secret.toUpperCase()}`)}`],
    ['the secret of a resource server', () => `Basic ${base64(`${id}:${world.resourceServers.meetings.secret}`)}`],
    ['what stands for a secret inside', () => `Basic ${base64(`${id}:kept-as-a-digest`)}`],
    ['none', () => `Basic ${base64(`${id}:`)}`],
    ['a broken escape', () => `Basic ${base64(`${id}:${secret}%`)}`],
    ['an escape that is no UTF-8', () => `Basic ${base64(`${id}:%ff`)}`],
    ['another alphabet', () => `Basic ${base64(`${id}:${secret}`).replace(/.$/, '-')}`],
    ['a Bearer scheme', () => `Bearer ${base64(`${id}:${secret}`)}`],
  ];
  test.each(bad)('%s is refused', async (_, authorization) => {
    const { status, error } = await send(authorization());
    expect([[400, 'invalid_request'], [401, 'invalid_client']]).toContainEqual([status, error]);
  });

  test('a wrong secret is answered with a challenge, and an unknown app alike', async () => {
    const [wrong, unknown] = [await send(`Basic ${base64(`${id}:wrong`)}`), await send(`Basic ${base64('app_0000000000000000000000:wrong')}`)];
    expect(wrong).toMatchObject({ status: 401, error: 'invalid_client', challenge: expect.stringMatching(/^Basic /) });
    expect(unknown).toMatchObject({ status: 401, error: 'invalid_client', challenge: expect.stringMatching(/^Basic /) });
  });

  test('two ways at once, or two names at once, are refused', async () => {
    const basic = `Basic ${base64(`${id}:${secret}`)}`;
    expect(await send(basic, { client_secret: secret })).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await send(basic, { client_id: world.apps.notes.id })).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await send(basic, { client_id: id })).toMatchObject({ status: 200 });
  });

  test('an app without a secret is not let in with one, nor one with a secret without', async () => {
    expect(await send(undefined, { client_id: id })).toMatchObject({ status: 401 });
    expect(await send(`Basic ${base64(`${world.apps.notes.id}:x`)}`)).toMatchObject({ status: 401 });
    expect(await send(`Basic ${base64(`${world.apps.notes.id}:`)}`)).toMatchObject({ status: 400 });
  });
});

test('I3 of two secrets each works; the one that is taken away stops with the next request', async () => {
  const introspects = async (text: string) => (await send(`Basic ${base64(`${id}:${text}`)}`)).status;
  const { secret: second } = await world.manage.post(`/apps/${id}/secrets`);
  expect([await introspects(secret), await introspects(second)]).toEqual([200, 200]);
  const { secrets } = await world.manage.get(`/apps/${id}`);
  await world.manage.remove(`/apps/${id}/secrets/${secrets[0].id}`);
  expect([await introspects(secret), await introspects(second)].toSorted()).toEqual([200, 401]);
});

test('I2 what an app got with a secret ends when that secret is taken away, and nothing else', async () => {
  const { apps, tenants, people, resourceServers } = world;
  const [{ id: app }, tenant] = [apps.scheduler, tenants.northwind];
  const { secrets } = await world.manage.get(`/apps/${app}`);
  const own = (await world.manage.post(`/apps/${app}/secrets`)).secret as string;
  const other = (await world.manage.get(`/apps/${app}`)).secrets.find(({ id: each }: { id: string }) => each !== secrets[0].id).id as string;
  const working = { ...apps.scheduler, secret: own };
  await install({ ...world, apps: { ...apps, scheduler: working } }, people.ada);
  await world.manage.post(`/apps/${app}/secrets`).catch(() => undefined);
  const leaked = working;
  await world.manage.remove(`/apps/${app}/secrets/${secrets[0].id}`);
  const { secret: kept } = await world.manage.post(`/apps/${app}/secrets`);
  const as = async (text: string, parameters: Record<string, string>) =>
    (await post(world, '/oauth/token', { id: app, secret: text }, { grant_type: 'client_credentials', ...parameters })).body.access_token as string;
  const [stolen, ours] = [await as(leaked.secret, { tenant }), await as(kept, { tenant })];
  const [stolenOwn, oursOwn] = [await as(leaked.secret, {}), await as(kept, {})];
  const isActive = async (token: string) => (await post(world, '/oauth/introspect', { id: app, secret: kept }, { token })).body.active as boolean;
  expect(await Promise.all([stolen, ours, stolenOwn, oursOwn].map(isActive))).toEqual([true, true, true, true]);

  await world.manage.remove(`/apps/${app}/secrets/${other}`);
  expect(await Promise.all([stolen, ours, stolenOwn, oursOwn].map(isActive))).toEqual([false, true, false, true]);
  expect(resourceServers.meetings.id).toMatch(/^rs_/);
});

test('a resource server’s secret that was replaced stops with the next request', async () => {
  const { meetings } = world.resourceServers;
  const { secret: next } = await world.manage.post(`/resource-servers/${meetings.id}/secret`);
  const statusOf = async (text: string) => (await post(world, '/oauth/introspect', { id: meetings.id, secret: text }, { token: 'assent_ut_x' })).status;
  expect([await statusOf(meetings.secret), await statusOf(next)]).toEqual([401, 200]);
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
