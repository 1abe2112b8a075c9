/** Rules for addresses that strangers register. Each answers what is wrong, in a sentence, or `undefined`. */

const LONGEST = 2000;

const isLoopback = ({ hostname }: URL): boolean => ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);

/** What is wrong with any address, and else the address read by the same parser that browsers use. */
function read(text: string): URL | string {
  if (text.length > LONGEST) return `An address has at most ${LONGEST} characters.`;
  const url = URL.parse(text);
  if (!url) return 'Give an absolute address, like https://app.example/callback.';
  if (url.username !== '' || url.password !== '') return 'An address here has no user name and no password.';
  return url;
}

/** Two spellings of one address invite mistakes: the one that parsers arrive at is the only one taken. */
const canonicalProblem = (text: string, url: URL): string | undefined =>
  url.href === text || url.href === `${text}/` ? undefined : `Write it as ${url.href}`;

const webProblem = (url: URL): string | undefined => {
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && isLoopback(url)) return undefined;
  return 'Use https (http only for an address on this device, like http://127.0.0.1:3001).';
};

/** An address that people follow or see a picture from: never `javascript:`, `data:` or the like. */
export function pageUriProblem(text: string): string | undefined {
  const url = read(text);
  return typeof url === 'string' ? url : (webProblem(url) ?? canonicalProblem(text, url));
}

/**
 * Redirect URIs are compared character by character (RFC 9700 section 2.1), so what stands here is all there is. A
 * public app may use a private scheme, named after a domain of its maker (RFC 8252 section 7.1): one without a dot
 * would let `javascript:` and its kin in.
 */
export function redirectUriProblem(text: string, app: { readonly isPublic: boolean }): string | undefined {
  const url = read(text);
  if (typeof url === 'string') return url;
  if (text.includes('#')) return 'A redirect address has no fragment (#…).';
  if (text.includes('*')) return 'A redirect address has no wildcard (*).';
  if (/^https?:$/.test(url.protocol)) return webProblem(url) ?? canonicalProblem(text, url);
  if (!app.isPublic) return 'An app with a secret returns to an https address; private schemes are for public apps.';
  if (!/^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol)) return 'A private scheme is a domain name reversed, like com.example.app:/callback.';
  return canonicalProblem(text, url);
}

/** RFC 8707: an absolute URI without fragment. */
export function audienceProblem(text: string): string | undefined {
  const url = read(text);
  if (typeof url === 'string') return url;
  if (text.includes('#')) return 'An audience has no fragment (#…).';
  return webProblem(url) ?? canonicalProblem(text, url);
}
