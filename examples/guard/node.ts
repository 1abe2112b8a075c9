import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Caller, Guard, Question } from './guard.ts';
import type { Refusal } from './refusal.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;
type Answer = (request: IncomingMessage, response: ServerResponse, caller: Caller) => void | Promise<void>;

/** For `http.createServer`: `answer` runs only for a call that is allowed, and is told who calls. */
export const protect =
  (guard: Guard, questionOf: (request: IncomingMessage) => Question, answer: Answer): Listener =>
  async (request, response) => {
    const verdict = await guard.check(request.headers.authorization, questionOf(request));
    if (!verdict.allowed) return send(response, verdict.refusal);
    try {
      await answer(request, response, verdict.caller);
    } catch (error) {
      send(response, guard.refusalFor(error));
    }
  };

export function send(response: ServerResponse, { status, body, headers }: Refusal): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
}
