import { parseStoreUrl } from '#src/storage/store-url.ts';

/** Turns the text of an environment variable into a value, or throws an Error whose message completes "NAME …". */
export type Parser<T> = (text: string) => T;

const complain = (what: string): never => {
  throw new Error(what);
};

export const oneOf =
  <const T extends string>(...words: readonly T[]): Parser<T> =>
  (text) =>
    words.find((word) => word === text) ?? complain(`must be one of ${words.join(', ')}`);

const TRUTH: Readonly<Record<string, boolean>> = { true: true, false: false, 1: true, 0: false };

export const trueOrFalse: Parser<boolean> = (text) =>
  (Object.hasOwn(TRUTH, text) ? TRUTH[text] : undefined) ?? complain('must be true or false');

export const integer =
  ({ min, max }: { min: number; max: number }): Parser<number> =>
  (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? number : complain(`must be a whole number from ${min} to ${max}`);
  };

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds: `90`, or with a unit `90s`, `5m`, `1h`, `30d`. */
export const duration =
  ({ min, max }: { min: string; max: string }): Parser<number> =>
  (text) => {
    const seconds = secondsIn(text);
    return seconds >= secondsIn(min) && seconds <= secondsIn(max)
      ? seconds
      : complain(`must be a time from ${min} to ${max}, written like 90, 90s, 5m, 1h or 30d`);
  };

function secondsIn(text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * (UNITS[unit] ?? Number.NaN);
}

/** An http(s) URL that is only an origin: pages and endpoints live at the root of the issuer. */
export const origin: Parser<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return complain('must be an http or https URL');
  if (url.username !== '' || url.pathname !== '/' || /[?#]/.test(text)) {
    return complain(`must be an origin without path, query or credentials, such as ${url.protocol}//${url.host}`);
  }
  return url.origin;
};

export const nonEmpty: Parser<string> = (text) => (text.trim() === '' ? complain('must not be empty') : text);

/** Checked here so that it is reported with all other problems; `openStore` parses it again. */
export const storeAddress: Parser<string> = (text) => {
  try {
    parseStoreUrl(text);
    return text;
  } catch (error) {
    return complain(`cannot be used: ${(error as Error).message.replace(/\.$/, '')}`);
  }
};

/** An SMTP server, or `null` for none. */
export const smtpAddress: Parser<SmtpAddress | null> = (text) => {
  if (text === '') return null;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === '' || !/^\/?$/.test(url.pathname) || /[?#]/.test(text)) {
    return complain('must look like smtp://user:password@host:587, or smtps:// for TLS from the first byte, without path or query');
  }
  const secure = url.protocol === 'smtps:';
  const [user, pass] = [url.username, url.password].map(percentDecoded);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    auth: user === undefined || user === '' ? undefined : { user, pass: pass ?? '' },
  };
};

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return complain('holds a % that begins no escape; write %25 for it');
  }
}

export interface SmtpAddress {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
}

/** `address` or `Name <address>`. */
export const sender: Parser<string> = (text) =>
  /^([^<>\p{C}]+ <[^\s<>@\p{C}]+@[^\s<>@\p{C}]+>|[^\s<>@\p{C}]+@[^\s<>@\p{C}]+)$/u.test(text) ? text : complain('must be a mail address, or Name <address>');
