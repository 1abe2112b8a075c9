import * as client from 'openid-client';

import { Missing } from './platform.ts';
import type { Notice } from './sessions.ts';

interface Words {
  readonly title: string;
  readonly text: string;
}

/** The word in front of a description says what is in the way; these say what to do about it. */
const REASONS: Record<string, Words> = {
  not_installed: { title: 'Not installed there', text: 'Somebody who manages apps in your organisation has to install this app for all of it.' },
  installation_suspended: { title: 'Suspended', text: 'Somebody who manages apps in your organisation stopped this app. They can let it go on in the administration.' },
  approval_required: { title: 'Your organisation has to approve this app first', text: 'Ask for that: begin again, and the page says who decides.' },
  approval_blocked: { title: 'Your organisation does not allow this app', text: 'Somebody who manages apps there can tell you why, and change it.' },
  out_of_availability: { title: 'Not for you yet', text: 'Your organisation allows this app, but only for some. Begin again to ask that you are among them.' },
  insufficient_scope: { title: 'Something is missing', text: 'The app asked for a permission that it was not given.' },
  app_disabled: { title: 'Switched off', text: 'The platform has switched this app off.' },
  member_inactive: { title: 'You are no member there any more', text: 'Somebody who manages members in the organisation can change that.' },
};

const ANSWERS: Record<string, Words> = {
  access_denied: { title: 'You said no', text: 'Nothing more was shared with this app. You can change your mind whenever you like.' },
  login_required: { title: 'You are signed out', text: 'Connect again and sign in.' },
  interaction_required: { title: 'Something is left to answer', text: 'Connect again and answer the questions on the way.' },
  consent_required: { title: 'Something is left to answer', text: 'Connect again and answer the questions on the way.' },
  invalid_scope: { title: 'The app asked for too much', text: 'Its developer has to ask for less.' },
  unauthorized_client: { title: 'The app may not connect', text: 'Its developer or your administrator can tell you more.' },
  invalid_request: { title: 'The app sent a wrong request', text: 'Its developer has to mend that.' },
  server_error: { title: 'Connecting failed', text: 'Something went wrong at the authorization server. Try again.' },
  temporarily_unavailable: { title: 'Not just now', text: 'The authorization server is too busy. Try again in a moment.' },
  invalid_grant: { title: 'The connection has ended', text: 'It was taken back, used up or ran out. Connect again.' },
  invalid_client: { title: 'The app is not known here', text: 'Its client id or secret is wrong.' },
};

/** What an error on the way means, and what to do next. `undefined` for errors that nobody foresaw. */
export function inWords(error: unknown): Notice | undefined {
  if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError) {
    const { error: code, error_description: description = '' } = error;
    const [word = ''] = description.split(':');
    const { title, text } = REASONS[word] ?? ANSWERS[code] ?? { title: 'Connecting failed', text: 'Try again.' };
    const said = description === '' ? '' : ` The server says: “${description.replace(/\.$/, '')}”.`;
    const link = wayOn(error.cause);
    return { kind: 'problem', title, text: `${text}${said} (${code})`, ...(link && { link }) };
  }
  if (error instanceof client.ClientError || error instanceof TypeError || (error as Error | null)?.name === 'TimeoutError') {
    const code = error instanceof client.ClientError ? ` (${error.code})` : '';
    return { kind: 'problem', title: 'No usable answer', text: `The other side could not be reached or gave an answer that does not fit. Try again in a moment.${code}` };
  }
  return undefined;
}

/** A refused token request may say who can grant what was missing. */
function wayOn(body: unknown): Notice['link'] {
  const { data } = Missing.safeParse((body as { missing?: unknown } | null)?.missing);
  return data && { href: data.link, text: `${data.whoInWords} Show them the way` };
}
