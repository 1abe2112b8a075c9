import type { Deps } from '#src/deps.ts';
import type { StoreLog } from '#src/storage/store-options.ts';

import { mailboxPost } from './mailbox.ts';
import type { Post } from './mail.ts';
import { smtpPost, type SmtpAddress } from './smtp-post.ts';

export interface PostOptions {
  readonly smtp: SmtpAddress | null;
  readonly from: string;
  readonly production: boolean;
}

/** `undefined` when mail is off: then nobody reads events for it, and switching it on brings the news of the last days. */
export function openPost(deps: Deps & { readonly log: StoreLog }, { smtp, from, production }: PostOptions): Post | undefined {
  if (smtp !== null) return smtpPost(smtp, from);
  if (!production) return mailboxPost(deps);
  deps.log.warn({}, 'Mail is off, because ASSENT_SMTP_URL is not set: nobody is told about reviews.');
  return undefined;
}
