import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { apiRoutes } from '#src/api.ts';
import type { Method } from '#src/http/api/route.ts';
import { startApi, type ApiWorld, type Answer, type Asked } from '#test/support/api.ts';
import { furnish, type Furnished } from '#test/support/api-furniture.ts';

/**
 * What must hold of every route, made from the route table, so that a new route cannot be forgotten: it is in the
 * table or it is not served.
 */
let api: ApiWorld;
let here: Furnished;
let elsewhere: Furnished;
let asApp: { authorization: string };
beforeAll(async () => {
  api = await startApi();
  here = await furnish(api, 'here');
  asApp = await api.asApp(here.ids['app'] ?? '');
  elsewhere = await furnish(api, 'elsewhere');
});
afterAll(() => api.close());

const names = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
const fill = (path: string, ids: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? ''));
const changes = (method: Method): boolean => method !== 'get';

/** A request of the right form, whose ids decide what becomes of it. */
const sound = (route: (typeof apiRoutes)[number], ids: Readonly<Record<string, string>>): { path: string; asked: Asked } => ({
  path: fill(route.path, ids) + (here.queries[route.operationId] ?? ''),
  asked: {
    ...(route.body && { body: here.bodies[route.operationId] ?? {} }),
    headers: route.ifMatch === 'required' ? { 'if-match': '*' } : {},
  },
});

/** With the credential that the route is for. */
const send = (route: (typeof apiRoutes)[number], path: string, asked?: Asked): Promise<Answer> =>
  api.askAs(route.scope === 'app' ? asApp : 'manage', route.method, path, asked);

const title = ({ method, path }: { method: string; path: string }): string => `${method.toUpperCase()} ${path}`;

describe.each(apiRoutes.map((route) => [title(route), route] as const))('%s', (_, route) => {
  it('xM2 refuses a request without a token, with a bad one and, where it changes something, with a token that may only read', async () => {
    const { path, asked } = sound(route, here.ids);
    const none = await api.askAs({ authorization: undefined }, route.method, path, asked);
    expect(none).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(none.headers.get('www-authenticate')).toBe('Bearer, DPoP algs="ES256 Ed25519 EdDSA"');
    const bad = await api.askAs({ authorization: 'Bearer guessed' }, route.method, path, asked);
    expect(bad).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(bad.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');

    const other = await api.askAs(route.scope === 'app' ? 'manage' : asApp, route.method, path, asked);
    expect(other).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    if (route.scope === 'app') return;

    expect(route.scope).toBe(changes(route.method) ? 'manage' : 'read');
    const reader = await api.askAs('read', route.method, path, asked);
    if (route.scope === 'read') expect(reader.status).toBe(200);
    else {
      expect(reader).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect(reader.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="manage"');
    }
  });

  it('xP15 refuses parameters it does not know, and parameters that come twice', async () => {
    const { path, asked } = sound(route, here.ids);
    const glue = path.includes('?') ? '&' : '?';
    const unknown = await send(route, `${path}${glue}surprise=1`, asked);
    expect(unknown).toMatchObject({ status: 400, body: { code: 'invalid_request', fields: [{ pointer: 'surprise' }] } });
    expect(await send(route, `${path}${glue}after=a&after=b`, asked)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  const params = names(route.path);
  if (params.length > 0) {
    it('xT1 answers a foreign id as it answers an unknown one: 404 and the same body', async () => {
      const answers: Answer[] = [];
      for (const [place, name] of params.entries()) {
        const unknown = `${here.ids[name]?.slice(0, -4)}zzzz`;
        for (const id of [unknown, 'x', '%', '\u{1f512}', ...foreign(place)]) {
          const { path, asked } = sound(route, { ...here.ids, [name]: id });
          answers.push(await send(route, path, asked));
        }
      }
      for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);

      /** The id of another owner's: an operator may use the first id in a path whatever it is, an app only what it is known to. */
      function foreign(place: number): string[] {
        const name = params[place] ?? '';
        return (place > 0 || route.scope === 'app') && here.ids[name] !== elsewhere.ids[name] ? [elsewhere.ids[name] ?? ''] : [];
      }
    });
  }

  if (route.body) {
    it('xP15 refuses bodies that are not what it takes, and names the member that is wrong', async () => {
      const { path, asked } = sound(route, here.ids);
      const sendBody = (body: unknown, headers = {}) => send(route, path, { body, headers: { ...asked.headers, ...headers } });
      const good = JSON.stringify(asked.body);
      const withMember = (member: string) => (good === '{}' ? `{${member}}` : `${good.slice(0, -1)},${member}}`);

      expect(await sendBody(withMember('"surprise":1'))).toMatchObject({ status: 400, body: { fields: [{ pointer: '/surprise' }] } });
      expect(await sendBody(withMember('"a":{"x/y":1},"__proto__":{}'))).toMatchObject({ status: 400, body: { fields: [{ pointer: '/__proto__' }] } });
      expect(await sendBody(withMember('"b":1,"b":1'))).toMatchObject({ status: 400, body: { fields: [{ pointer: '/b' }] } });
      for (const body of ['[]', 'null', '"text"', '1']) expect(await sendBody(body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      expect(await sendBody('{"a":')).toMatchObject({ status: 400, body: { detail: 'The body is not JSON.' } });
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', '']) {
        expect(await sendBody(good, { 'content-type': type })).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
      }
      expect(await sendBody(withMember(`"huge":"${'x'.repeat(70_000)}"`))).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
    });
  }

  if (route.ifMatch) {
    it('changes only what has the ETag that was sent', async () => {
      const { path, asked } = sound(route, here.ids);
      const sendWith = (headers: Record<string, string>) => send(route, path, { ...asked, headers });
      for (const tag of ['"0"', '"no-such"', 'W/"1"']) {
        expect(await sendWith({ 'if-match': tag })).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
      }
      for (const tag of ['1', '"1", "2"', '""x']) expect(await sendWith({ 'if-match': tag })).toMatchObject({ status: 400 });
      if (route.ifMatch === 'required') expect(await sendWith({})).toMatchObject({ status: 428, body: { code: 'precondition_required' } });
    });
  }
});
