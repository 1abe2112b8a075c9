import { displayText } from '#src/http/display-text.ts';

/** What is sent, ready to go. */
export interface Mail {
  readonly messageId: string;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Where mail is put: an SMTP server, or in development the records that `/dev/mail` shows. */
export interface Post {
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** What a mail says; text and HTML are made of the same one. */
export interface Letter {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly action: { readonly label: string; readonly href: string };
  readonly footer: string;
}

/** The same for the same event and receiver, so that a mail that comes twice can be told (RFC 5322, 3.6.4). */
export const messageIdOf = (event: string, receiver: string, host: string): string => `<${atom(event)}.${atom(receiver)}@${host}>`;

/** Ids may hold any visible character; what is no `atext` is written as `=` and its code. */
const atom = (id: string): string => id.replaceAll(/[^A-Za-z0-9_-]/g, (character) => `=${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** A name that somebody chose, marked as one. */
export const quoted = (name: string): string => `“${unlinked(displayText(name))}”`;

/** Text that somebody chose. A word joiner in what looks like an address keeps mail programs from making a link of it. */
export const unlinked = (text: string): string => text.replaceAll(/[.:@](?=\S)/g, '$&\u2060');
