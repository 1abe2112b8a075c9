import { domainToASCII } from 'node:url';

const LOCAL = /^[^\s@"(),:;<>[\]\\\p{C}]{1,64}$/u;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

const folded = (text: string): string => text.normalize('NFKC').toLowerCase().normalize('NFKC');

/**
 * The form in which e-mail addresses are compared and found: NFKC, lower case, trimmed, the domain as in DNS.
 * `undefined` for what is not an address. Mail goes to the address that the person wrote, never to this form or to
 * one typed into a form: two spellings that fold into one can be two mailboxes.
 */
export function normaliseEmail(text: string): string | undefined {
  if (text.length > 320) return undefined;
  const address = folded(text).trim();
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  const domain = domainToASCII(address.slice(at + 1));
  const labels = domain.split('.');
  const valid =
    LOCAL.test(local) && labels.length > 1 && labels.every((label) => LABEL.test(label)) && /[a-z]/.test(labels.at(-1) ?? '');
  return valid && local.length + domain.length < 254 ? `${local}@${domain}` : undefined;
}
