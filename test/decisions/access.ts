import { basicAuth } from '#test/support/oauth-flow.ts';
import type { ResourceServerAccount, World } from '#test/support/world.ts';

export interface AccessAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

interface How {
  readonly as?: { readonly id: string; readonly secret: string | null };
  readonly headers?: Readonly<Record<string, string>>;
}

/** A platform API that asks. `body` is sent as it is when it is a text. */
export async function ask(world: Pick<World<any>, 'issuer' | 'resourceServers'>, path: string, body: unknown, { as = world.resourceServers.meetings, headers = {} }: How = {}): Promise<AccessAnswer> {
  const response = await fetch(`${world.issuer}/access/v1/${path}`, {
    method: 'POST',
    headers: { authorization: basicAuth(as), 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

export type Asker = ResourceServerAccount;

export const token = (id: string, properties?: object) => ({ type: 'access_token', id, ...(properties && { properties }) });
export const user = (id: string) => ({ type: 'user', id });
export const data = (owner: string) => ({ type: 'user_data', id: owner });

/** All pages of a search, and how many there were. */
export async function searchAll(world: Pick<World<any>, 'issuer' | 'resourceServers'>, what: 'subject' | 'resource' | 'action', body: object, limit?: number): Promise<{ found: any[]; pages: number }> {
  const found: any[] = [];
  let next = '';
  for (let pages = 1; ; pages += 1) {
    const page = { ...(limit !== undefined && { limit }), ...(next !== '' && { token: next }) };
    const answer = await ask(world, `search/${what}`, { ...body, page });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
    found.push(...answer.body.results);
    next = answer.body.page.next_token;
    if (next === '') return { found, pages };
  }
}
