import type { App } from '#src/apps/app.ts';
import { displayText, initialOf } from '#src/http/display-text.ts';


/** What a person sees of an app before they trust it. The name is what the app says; the rest is what Assent knows. */
export interface AppFace {
  readonly name: string;
  readonly initial: string;
  readonly logo: string | undefined;
  readonly developer: { readonly name: string; readonly uri: string | undefined; readonly verified: boolean };
  readonly privacyUri: string | undefined;
  readonly returnsTo: ReturnPlace;
}

export interface ReturnPlace {
  readonly kind: 'web' | 'this-computer' | 'app-on-device';
  /** A host, in the letters that DNS uses (punycode), or the scheme of an app on the device. */
  readonly text: string;
}

/** Marks that would pass for ours of a verified developer. */
const withoutMarks = (text: string): string => displayText(text.replace(/[\u2611\u2705\u2713\u2714\u{1F5F8}]\uFE0F?/gu, ''));

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

const parse = (address: string | null): URL | undefined => (address === null ? undefined : (URL.parse(address) ?? undefined));

export function returnPlace(redirectUri: string): ReturnPlace {
  const url = new URL(redirectUri);
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  if (!web) return { kind: 'app-on-device', text: url.protocol.slice(0, -1) };
  return { kind: LOOPBACK.has(url.hostname) ? 'this-computer' : 'web', text: url.host };
}

/** Only addresses that a browser opens as a page; `javascript:` and its kin become no link at all. */
export function safeLink(address: string | null): string | undefined {
  const url = parse(address);
  return url?.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : undefined;
}

/** A logo over plain http only comes from this computer, and only for an app that runs there too. */
export function safeLogo(address: string | null, returnsTo: ReturnPlace): string | undefined {
  const url = parse(address);
  const local = url?.protocol === 'http:' && LOOPBACK.has(url.hostname) && returnsTo.kind === 'this-computer';
  if (!local) return safeLink(address);
  return url.username === '' && url.password === '' ? url.href : undefined;
}

export function appFace(app: App, redirectUri: string): AppFace {
  const name = withoutMarks(app.name) || displayText(app.id);
  const returnsTo = returnPlace(redirectUri);
  return {
    name,
    initial: initialOf(name),
    logo: safeLogo(app.logoUri, returnsTo),
    developer: {
      name: withoutMarks(app.developer.name) || 'an unnamed developer',
      uri: safeLink(app.developer.uri),
      verified: app.developer.verified,
    },
    privacyUri: safeLink(app.privacyUri),
    returnsTo,
  };
}
