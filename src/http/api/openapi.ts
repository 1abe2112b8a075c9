import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, type ZodOpenApiResponseObject } from 'zod-openapi';

import { ERRORS, type ErrorCode } from '#src/errors.ts';

import { JSON_LINES } from '../json-lines.ts';
import { problemSchema } from './problem.ts';
import { API_BASE } from './router.ts';
import type { ApiRoute } from './route.ts';

/** The OpenAPI 3.1 document of a route table. Pure: the same table gives the same document. */
export function documentOf(routes: readonly ApiRoute<any>[]): object {
  const paths: ZodOpenApiPathsObject = {};
  const shared: SharedAnswers = new Map();
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route, shared) };
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Assent management API',
      version: '1',
      description:
        'For operators, and under `/app` for apps about themselves. Get a token at `/oauth/token` with `grant_type=client_credentials`; one that is bound to a key (RFC 9449) comes with the scheme `DPoP` and a proof. Errors are problems (RFC 9457). Lists are `{items, next}`; send `next` back as `after`. Times are ISO 8601 in UTC. Unknown members are refused.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: API_BASE }],
    security: [{ operator: ['manage'] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        operator: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: '/oauth/token',
              scopes: { read: 'Read everything.', manage: 'Read and change everything.' },
            },
          },
        },
        app: {
          type: 'oauth2',
          description: "An app's own token: the app asks for it without `tenant`. It opens what is said of the app itself and no data.",
          flows: { clientCredentials: { tokenUrl: '/oauth/token', scopes: {} } },
        },
      },
    },
  });
}

/** What every request of this form can be answered with; a route adds its own. */
export function errorsOf(route: ApiRoute<any>): ErrorCode[] {
  const codes: (ErrorCode | false | undefined)[] = [
    'invalid_request',
    'unauthenticated',
    route.scope !== 'app' && 'forbidden',
    'payload_too_large',
    'unsupported_media_type',
    'internal_error',
    'storage_unavailable',
    route.path.includes('{') && 'not_found',
    route.answer.form === 'page' && 'invalid_cursor',
    route.ifMatch && 'precondition_failed',
    route.ifMatch === 'required' && 'precondition_required',
    ...(route.method === 'post' ? (['idempotency_unsettled', 'idempotency_mismatch'] as const) : []),
    ...route.errors,
  ];
  return [...new Set(codes.filter((code) => typeof code === 'string'))];
}

type SharedAnswers = Map<string, ZodOpenApiResponseObject>;

function operationOf(route: ApiRoute<any>, shared: SharedAnswers): ZodOpenApiOperationObject {
  const headers = z.object({
    ...(route.ifMatch && { 'If-Match': route.ifMatch === 'required' ? IF_MATCH : IF_MATCH.optional() }),
    ...(route.method === 'post' && { 'Idempotency-Key': IDEMPOTENCY_KEY }),
  });
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    security: [route.scope === 'app' ? { app: [] } : { operator: [route.scope] }],
    requestParams: { path: route.params, query: route.query, header: headers },
    ...(route.body && { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    responses: { [route.answer.status]: successOf(route), ...problemsOf(route, shared) },
  };
}

const IF_MATCH = z.string().meta({ description: 'The ETag that was read, or `*` for whatever there is now.', example: '"42"' });
const IDEMPOTENCY_KEY = z.string().optional().meta({
  description: 'The same key and request again within a day: the same answer, and no second effect.',
  param: { id: 'idempotencyKey' },
});
const ETAG = z.string().meta({ description: 'The version of the record, for `If-Match`.', example: '"42"' });

function successOf({ answer }: ApiRoute<any>): ZodOpenApiResponseObject {
  if (answer.form === 'empty') return { description: 'Done.' };
  if (answer.form === 'record') {
    return {
      description: answer.status === 201 ? 'Made.' : 'As it is now.',
      content: { 'application/json': { schema: answer.schema } },
      headers: z.object({
        ...(answer.tagged && { ETag: ETAG }),
        ...(answer.status === 201 && { Location: z.string().meta({ description: 'Where it can be read.' }) }),
      }),
    };
  }
  if (answer.form === 'lines') return { description: 'One on each line.', content: { [JSON_LINES]: { schema: answer.schema } } };
  const next = z.string().nullable().meta({ description: 'Send it back as `after` for the next page, which can be shorter than `limit`; `null` on the last.' });
  return { description: 'One page.', content: { 'application/json': { schema: z.object({ items: z.array(answer.schema), next }) } } };
}

/** The answers that routes share stand once, under a name made of their codes. */
function problemsOf(route: ApiRoute<any>, shared: SharedAnswers): Record<string, ZodOpenApiResponseObject> {
  const byStatus = Map.groupBy(errorsOf(route), (code) => ERRORS[code].status);
  return Object.fromEntries([...byStatus].map(([status, codes]) => [String(status), sharedAnswer(codes.toSorted(), shared)]));
}

function sharedAnswer(codes: readonly ErrorCode[], shared: SharedAnswers): ZodOpenApiResponseObject {
  const id = codes.join('-');
  const known = shared.get(id);
  if (known) return known;
  const made: ZodOpenApiResponseObject = {
    id,
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].sentence}`).join('\n\n'),
    content: { 'application/problem+json': { schema: problemSchema } },
  };
  shared.set(id, made);
  return made;
}
