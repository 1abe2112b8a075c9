import { authorizationQuery, basicAuth, codeForm, type Credentials, MACHINE_SCOPE, PATHS, type Target } from '../target.ts';
import { type Connection, formRequest, getRequest, type Reply } from './connection.ts';

/** What one connection does again and again. A call is one measured unit. */
export type Work = (send: Connection['send']) => Promise<void>;

/** `place` is the number of the connection: each works with a token of its own. */
export type Scenario = (target: Target, place: number) => Work;

export const SCENARIOS = {
  /** Each connection follows its own family: the refresh token of an answer is that of its next request. */
  refresh: ({ app, tokens }, place) => {
    let token = tokens[place]!.refresh_token;
    return async (send) => {
      const reply = await send(formRequest(PATHS.token, as(app), { grant_type: 'refresh_token', refresh_token: token }));
      const answer = JSON.parse(must(reply, 200).body) as { refresh_token: string; id_token?: string };
      if (answer.refresh_token === token || answer.id_token === undefined) throw new Error(`not a rotation with an id token: ${reply.body}`);
      token = answer.refresh_token;
    };
  },

  introspection: ({ resourceServer, tokens }, place) => {
    const request = formRequest(PATHS.introspect, as(resourceServer), { token: tokens[place]!.access_token });
    return async (send) => {
      const { body } = must(await send(request), 200);
      if (!body.includes('"active":true')) throw new Error(`not active: ${body}`);
    };
  },

  round: ({ app, cookie }) => {
    const authorize = getRequest(`${PATHS.authorize}?${authorizationQuery(app)}`, { cookie, accept: 'text/html' });
    return async (send) => {
      const code = /\r\nlocation: \S+[?&]code=([^&\s]+)/i.exec(must(await send(authorize), 303).head)?.[1];
      if (code === undefined) throw new Error('no code came back');
      const { body } = must(await send(formRequest(PATHS.token, as(app), codeForm(code))), 200);
      if (!body.includes('"refresh_token"') || !body.includes('"id_token"')) throw new Error(`not all tokens: ${body}`);
    };
  },

  client_credentials: ({ machine }) => {
    const request = formRequest(PATHS.token, as(machine), { grant_type: 'client_credentials', scope: MACHINE_SCOPE });
    return async (send) => void must(await send(request), 200);
  },

  /** At Assent with all that a token for a tenant hangs on; at the bare library without. */
  tenant_token: ({ installed: { client, form } }) => {
    const request = formRequest(PATHS.token, as(client), { grant_type: 'client_credentials', ...form });
    return async (send) => void must(await send(request), 200);
  },

  floor: (_target, place) => {
    const request = formRequest('/', {}, { token: `of-connection-${place}` });
    return async (send) => void must(await send(request), 200);
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

const as = (client: Credentials) => ({ authorization: basicAuth(client) });

function must(reply: Reply, status: number): Reply {
  if (reply.status !== status) throw new Error(`${reply.head}\n\n${reply.body}`);
  return reply;
}
