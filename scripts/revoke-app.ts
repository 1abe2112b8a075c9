/**
 * `npm run revoke-app -- <app> [tenant…]`: takes an app out of all tenants, or out of those named, and shows how far it is.
 * ASSENT_ISSUER says where, ASSENT_OPERATOR_ID and ASSENT_OPERATOR_SECRET who. It can be left at any time: the servers go on.
 */
import { setTimeout as delay } from 'node:timers/promises';

const { ASSENT_ISSUER: issuer = 'http://localhost:3000', ASSENT_OPERATOR_ID: id, ASSENT_OPERATOR_SECRET: secret } = process.env;
const [app, ...tenants] = process.argv.slice(2);
if (!app || !id || !secret) {
  console.error('Usage: ASSENT_OPERATOR_ID=… ASSENT_OPERATOR_SECRET=… npm run revoke-app -- <app> [tenant…]');
  process.exit(2);
}

async function ask<T>(method: string, path: string, init: { authorization: string; body?: string | URLSearchParams; type?: string }): Promise<T> {
  const headers = { authorization: init.authorization, ...(init.type && { 'content-type': init.type }) };
  const answer = await fetch(new URL(path, issuer), { method, headers, ...(init.body && { body: init.body }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`, { cause: answer.status });
  return JSON.parse(text) as T;
}

async function signIn(): Promise<string> {
  const { access_token: token } = await ask<{ access_token: string }>('POST', '/oauth/token', {
    authorization: `Basic ${Buffer.from(`${encodeURIComponent(id!)}:${encodeURIComponent(secret!)}`).toString('base64')}`,
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'manage read' }),
  });
  return `Bearer ${token}`;
}

interface Revocation {
  readonly id: string;
  readonly status: 'running' | 'done';
  readonly total: number | null;
  readonly looked: number;
  readonly revoked: number;
  readonly failed: number;
}

const path = `/api/v1/apps/${encodeURIComponent(app)}/revocations`;
let now = await ask<Revocation>('POST', path, { authorization: await signIn(), type: 'application/json', body: JSON.stringify({ tenants: tenants.length > 0 ? tenants : 'all' }) });
console.log(`Revocation ${now.id} of ${app}`);
for (;;) {
  console.log(`${now.looked} of ${now.total ?? '?'} tenants looked at, taken out of ${now.revoked}${now.failed > 0 ? `, FAILED in ${now.failed}` : ''}`);
  if (now.status === 'done') break;
  await delay(1000);
  try {
    // A token of its own for each look: the work can take longer than one is good for.
    now = await ask<Revocation>('GET', `${path}/${now.id}`, { authorization: await signIn() });
  } catch (error) {
    const { cause } = error as Error;
    if (typeof cause === 'number' && cause < 500 && cause !== 429) throw error;
    console.error(`No answer just now, and the work goes on: ${(error as Error).message}`);
    await delay(5000);
  }
}
process.exitCode = now.failed > 0 ? 1 : 0;
