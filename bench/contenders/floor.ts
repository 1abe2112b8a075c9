/** What a server in Node can do at all: parse a form, one GET, one SET, answer. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Redis } from 'ioredis';

import { announce, usage } from '../child.ts';

const [, , redisUrl = ''] = process.argv;
const redis = new Redis(redisUrl, { enableAutoPipelining: true });

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (part: string) => (text += part));
  request.on('end', () => void answer(new URLSearchParams(text)).then((body) => {
    response.setHeader('content-type', 'application/json');
    response.setHeader('content-length', Buffer.byteLength(body));
    response.end(body);
  }));
});

async function answer(form: URLSearchParams): Promise<string> {
  const key = `floor:${form.get('token')}`;
  const before = await redis.get(key);
  await redis.set(key, JSON.stringify({ token: form.get('token'), at: Date.now() }), 'EX', 3600);
  return JSON.stringify({ active: before !== null });
}

server.listen(0, '127.0.0.1', () => announce({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, usage));
