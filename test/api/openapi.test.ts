import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { apiRoutes, openApiDocument } from '#src/api.ts';
import { ERRORS } from '#src/errors.ts';
import { errorsOf } from '#src/http/api/openapi.ts';
import { startApi, type ApiWorld } from '#test/support/api.ts';

let api: ApiWorld;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const document = openApiDocument() as any;

/** Every `$ref` in a value. */
function refs(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === '$ref' ? [inner as string] : refs(inner)));
}
const resolve = (value: any): any =>
  value?.$ref === undefined ? value : value.$ref.slice(2).split('/').reduce((at: any, step: string) => at?.[step], document);

describe('the OpenAPI document', () => {
  it('is served to everybody', async () => {
    const served = await api.askAs({ authorization: undefined }, 'GET', '/api/openapi.json');
    expect(served).toMatchObject({ status: 200, body: JSON.parse(JSON.stringify(document)) });
    expect(served.headers.get('content-type')).toMatch(/^application\/json/);
    expect(served.body.openapi).toMatch(/^3\.1\./);
  });

  it('has every route and no other, each under a name of its own', () => {
    const operations = Object.entries<any>(document.paths).flatMap(([path, item]) =>
      Object.entries<any>(item).map(([method, operation]) => `${method} ${path} ${operation.operationId}`),
    );
    expect(operations.toSorted()).toEqual(apiRoutes.map(({ method, path, operationId }) => `${method} ${path} ${operationId}`).toSorted());
    expect(new Set(apiRoutes.map(({ operationId }) => operationId)).size).toBe(apiRoutes.length);
    expect(new Set(apiRoutes.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)).size).toBe(apiRoutes.length);
  });

  it('refers to nothing that it does not have', () => {
    const all = [...new Set(refs(document))];
    expect(all.length).toBeGreaterThan(5);
    for (const ref of all) expect({ ref, there: resolve({ $ref: ref }) !== undefined }).toEqual({ ref, there: true });
  });

  it.each(apiRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))('says of %s what it takes and every answer it can give', (_, route) => {
    const operation = document.paths[route.path][route.method];
    expect(operation.summary).toBeTruthy();
    expect(operation.security).toEqual([route.scope === 'app' ? { app: [] } : { operator: [route.scope] }]);
    expect(operation.requestBody === undefined).toBe(route.body === undefined);
    const parameters = (operation.parameters ?? []).map(resolve);
    const named = (place: string) => parameters.filter((each: any) => each.in === place).map((each: any) => each.name).toSorted();
    expect(named('path')).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted());
    expect(named('query')).toEqual(Object.keys(route.query.shape).toSorted());
    expect(named('header')).toEqual([...(route.method === 'post' ? ['Idempotency-Key'] : []), ...(route.ifMatch ? ['If-Match'] : [])].toSorted());

    const statuses = [route.answer.status, ...errorsOf(route).map((code) => ERRORS[code].status)].map(String);
    expect(Object.keys(operation.responses).toSorted()).toEqual([...new Set(statuses)].toSorted());
    const success = resolve(operation.responses[route.answer.status]);
    if (route.answer.form === 'empty') expect(success.content).toBeUndefined();
    else expect(success.content[route.answer.form === 'lines' ? 'application/x-ndjson' : 'application/json'].schema).toBeDefined();
    for (const code of errorsOf(route)) {
      const response = resolve(operation.responses[ERRORS[code].status]);
      expect(response.description).toContain(`\`${code}\``);
      expect(resolve(response.content['application/problem+json'].schema).properties).toMatchObject({ code: {}, title: {}, status: {} });
    }
  });

  it('never names a member that holds a password hash or a digest', () => {
    expect(JSON.stringify(document)).not.toMatch(/passwordHash|digest"|sessionsValidFrom/i);
  });
});

describe('addresses that are no route', () => {
  it('answer with a problem: 404, or 405 with the methods there are', async () => {
    for (const path of ['/nowhere', '/tenants/a/b/c/d', '/api', '/api/v2/tenants']) {
      const answer = await api.ask('GET', path);
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
    const answer = await api.ask('DELETE', '/tenants');
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'POST']);
  });
});
