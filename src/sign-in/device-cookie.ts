import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Tells a browser in which a person has signed in before. It signs nobody in: it only decides whose wrong tries count. */
export const DEVICE_COOKIE = 'assent_device';
export const DEVICE_COOKIE_DAYS = 365;

const sign = (key: Uint8Array, account: string, name: string): Buffer =>
  createHmac('sha256', key).update(JSON.stringify(['device', account, name])).digest();

export function newDeviceCookie(key: Uint8Array, account: string): string {
  const name = randomBytes(16).toString('base64url');
  return `${name}.${sign(key, account, name).toString('base64url')}`;
}

/** The name of the device, when this cookie was made for this account. */
export function deviceOf(key: Uint8Array, account: string, cookie: string | undefined): string | undefined {
  const [name = '', mac = ''] = cookie?.split('.') ?? [];
  const given = Buffer.from(mac, 'base64url');
  const right = sign(key, account, name);
  return name.length === 22 && given.length === right.length && timingSafeEqual(given, right) ? name : undefined;
}
