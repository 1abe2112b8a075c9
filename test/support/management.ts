/** The management API as an operator's program uses it. */
export interface Management {
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ManagementAnswer>;
  /** These throw when the answer is an error. */
  get(path: string): Promise<any>;
  post(path: string, body?: unknown): Promise<any>;
  put(path: string, body: unknown): Promise<any>;
  /** A PATCH of what stands there now. */
  change(path: string, body: unknown): Promise<any>;
  remove(path: string): Promise<void>;
}

export interface ManagementAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

export async function createManagement(issuer: string, operator: { id: string; secret: string }): Promise<Management> {
  const response = await fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${operator.id}:${operator.secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'manage read' }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`The first operator got no token: ${response.status}`);

  const ask: Management['ask'] = async (method, path, body, headers = {}) => {
    const answer = await fetch(`${issuer}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  const must = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await ask(method, path, body, headers);
    if (answer.status >= 400) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer;
  };
  return {
    ask,
    get: async (path) => (await must('GET', path)).body,
    post: async (path, body) => (await must('POST', path, body)).body,
    put: async (path, body) => (await must('PUT', path, body)).body,
    async change(path, body) {
      const { headers } = await must('GET', path);
      return (await must('PATCH', path, body, { 'if-match': headers.get('etag') ?? '' })).body;
    },
    remove: async (path) => void (await must('DELETE', path)),
  };
}
