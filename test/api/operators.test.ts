import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { startAssent, type Assent } from '#test/support/assent-server.ts';
import { createManagement, type Management } from '#test/support/management.ts';

/** On the whole server, with credentials and tokens as operators have them. */
let assent: Assent;
let manage: Management;
beforeEach(async () => {
  assent = await startAssent();
  manage = await createManagement(assent.issuer, assent.firstOperator);
});
afterEach(() => assent.stop());

interface Credential {
  readonly id: string;
  readonly secret: string;
}

async function tokenFor({ id, secret }: Credential, scope?: string): Promise<{ status: number; body: any }> {
  const response = await fetch(`${assent.issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }),
  });
  return { status: response.status, body: await response.json() };
}
const withToken = (token: string, method = 'GET', path = '/tenants', body?: unknown) =>
  fetch(`${assent.issuer}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

it('an operator credential is created with a secret that is shown once, works, and dies with its tokens when it is removed', async () => {
  const created = await manage.ask('POST', '/operators', { name: 'Deploy', scopes: ['manage'] });
  expect(created).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^opr_/), scopes: ['manage'], secret: expect.stringMatching(/^assent_op_/) } });
  const { secret, ...shown } = created.body;
  const path = `/operators/${shown.id}`;
  expect(await manage.get(path)).toEqual(shown);
  expect((await manage.get('/operators')).items).toContainEqual(shown);

  const { body } = await tokenFor({ id: shown.id, secret }, 'manage');
  expect((await withToken(body.access_token)).status).toBe(200);
  await manage.remove(path);
  expect((await withToken(body.access_token)).status).toBe(401);
  expect((await tokenFor({ id: shown.id, secret }, 'manage')).status).toBe(401);
  expect((await manage.ask('GET', path)).status).toBe(404);
  for (const bearer of [secret, body.access_token]) expect(assent.logged()).not.toContain(bearer);
});

it('a credential that may only read gets no token that may do more, and a token has no more than was asked for', async () => {
  const reader = (await manage.ask('POST', '/operators', { name: 'Reader', scopes: ['read'] })).body;
  expect((await tokenFor(reader, 'manage')).body.access_token).toBeUndefined();
  const { access_token: reading } = (await tokenFor(reader, 'read')).body;
  expect((await withToken(reading)).status).toBe(200);
  expect((await withToken(reading, 'POST', '/tenants', { name: 'No' })).status).toBe(403);

  const { access_token: asked } = (await tokenFor(assent.firstOperator, 'read')).body;
  expect((await withToken(asked)).status).toBe(200);
  expect((await withToken(asked, 'POST', '/tenants', { name: 'No' })).status).toBe(403);
});

it('the last credential that may manage stays, also when two remove each other at once', async () => {
  const first = `/operators/${assent.firstOperator.id}`;
  expect(await manage.ask('DELETE', first)).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/last credential that may manage/) } });
  const second = (await manage.ask('POST', '/operators', { name: 'Second', scopes: ['manage', 'read'] })).body as Credential;
  const other = await createManagement(assent.issuer, second);
  const answers = await Promise.all([manage.ask('DELETE', `/operators/${second.id}`), other.ask('DELETE', first)]);
  // The one who lost may have lost the right to ask before it was asked.
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  const left = answers[0]?.status === 204 ? manage : other;
  expect((await left.get('/operators')).items).toHaveLength(1);
});

it('what is no token of an operator opens nothing', async () => {
  const { access_token: token } = (await tokenFor(assent.firstOperator, 'manage')).body as { access_token: string };
  const foreign = [assent.firstOperator.secret, token.slice(0, -1), `${token}A`, token.toUpperCase(), 'x'.repeat(5000)];
  for (const text of foreign) expect((await withToken(text)).status).toBe(401);
  for (const authorization of [`Basic ${token}`, token, `Bearer ${token} ${token}`]) {
    expect((await fetch(`${assent.issuer}/api/v1/tenants`, { headers: { authorization } })).status).toBe(401);
  }
  expect((await fetch(`${assent.issuer}/api/v1/tenants?access_token=${token}`)).status).toBe(401);
});
