import * as client from 'openid-client';

import type { Notice } from './sessions.ts';

const ANSWERS: Record<string, { title: string; text: string }> = {
  access_denied: { title: 'You said no', text: 'Nothing more was shared with Scheduler Pro. You can change your mind whenever you like.' },
  login_required: { title: 'You are signed out', text: 'Connect again and sign in.' },
  interaction_required: { title: 'Something is left to answer', text: 'Connect again and answer the questions on the way.' },
  consent_required: { title: 'Something is left to answer', text: 'Connect again and answer the questions on the way.' },
  invalid_scope: { title: 'Scheduler Pro asked for too much', text: 'Its developer has to ask for less.' },
  unauthorized_client: { title: 'Scheduler Pro may not connect', text: 'Its developer or your administrator can tell you more.' },
  invalid_request: { title: 'Scheduler Pro sent a wrong request', text: 'Its developer has to mend that.' },
  server_error: { title: 'Connecting failed', text: 'Something went wrong at the authorization server. Try again.' },
  temporarily_unavailable: { title: 'Not just now', text: 'The authorization server is too busy. Try again in a moment.' },
  invalid_grant: { title: 'The connection has ended', text: 'It was taken back, used up or ran out. Connect again.' },
  invalid_client: { title: 'Scheduler Pro is not known here', text: 'Its client id or secret is wrong.' },
};

/** What an error on the way means, and what to do next. `undefined` for errors that nobody foresaw. */
export function inWords(error: unknown): Notice | undefined {
  if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError) {
    const { title, text } = ANSWERS[error.error] ?? { title: 'Connecting failed', text: 'Try again.' };
    const said = error.error_description === undefined ? '' : ` The server says: “${error.error_description}”.`;
    return { kind: 'problem', title, text: `${text}${said} (${error.error})` };
  }
  if (error instanceof client.ClientError || error instanceof TypeError || (error as Error | null)?.name === 'TimeoutError') {
    const code = error instanceof client.ClientError ? ` (${error.code})` : '';
    return { kind: 'problem', title: 'No usable answer', text: `The other side could not be reached or gave an answer that does not fit. Try again in a moment.${code}` };
  }
  return undefined;
}
