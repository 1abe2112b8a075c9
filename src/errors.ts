/**
 * The one table of errors. A code has a status, the OAuth error it becomes at the OAuth endpoints, a sentence that
 * may be shown to anyone, and the level at which it is logged. Throw `new AppError(code)`; the edges translate it:
 * JSON (RFC 9457), HTML, OAuth.
 */
export interface ErrorEntry {
  readonly status: number;
  readonly oauth?: string;
  readonly sentence: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

export const ERRORS = {
  // What a request can get wrong
  invalid_request: { status: 400, oauth: 'invalid_request', sentence: 'The request is not valid.', level: 'info' },
  invalid_cursor: { status: 400, sentence: 'This page cursor does not belong to this list. Start again without it.', level: 'info' },
  unauthenticated: { status: 401, oauth: 'invalid_token', sentence: 'Send a valid access token.', level: 'info' },
  forbidden: { status: 403, oauth: 'access_denied', sentence: 'You may not do this.', level: 'info' },
  csrf_failed: { status: 403, sentence: 'This form is no longer valid. Open the page again and repeat what you did.', level: 'warn' },
  not_found: { status: 404, sentence: 'There is nothing here.', level: 'debug' },
  method_not_allowed: { status: 405, sentence: 'This address does not answer that method.', level: 'debug' },
  conflict: { status: 409, sentence: 'This exists already, or was changed meanwhile.', level: 'info' },
  precondition_failed: { status: 412, sentence: 'It was changed since you read it. Read it again, then repeat the change.', level: 'info' },
  payload_too_large: { status: 413, sentence: 'The request is too large.', level: 'info' },
  unsupported_media_type: { status: 415, sentence: 'Send application/json.', level: 'info' },
  precondition_required: { status: 428, sentence: 'Send If-Match with the ETag that you read.', level: 'info' },
  idempotency_mismatch: { status: 422, sentence: 'This Idempotency-Key was used for another request.', level: 'info' },
  idempotency_unsettled: { status: 409, sentence: 'A request with this Idempotency-Key was begun and has not ended. If that was just now, send it again in a moment; else read what became of it and use a new key.', level: 'info' },
  too_many_requests: { status: 429, sentence: 'Too many tries. Wait a little, then try again.', level: 'info' },

  // Signing in and consent
  wrong_credentials: { status: 401, sentence: 'The e-mail address or the password is wrong.', level: 'info' },
  interaction_expired: { status: 400, sentence: 'This request has expired or was already used. Go back to the app and start again.', level: 'info' },
  consent_changed: { status: 409, sentence: 'What the app asks for changed while this page was open. Read it again.', level: 'info' },

  // The words of the platform-facing API (BEHAVIOURS, "Words on the wire")
  insufficient_scope: { status: 403, oauth: 'invalid_scope', sentence: 'The app does not hold the permission this needs.', level: 'info' },
  shared_access_not_permitted: { status: 403, oauth: 'access_denied', sentence: 'The user has not permitted this app to use shared access', level: 'info' },
  role_not_permitted: { status: 403, oauth: 'access_denied', sentence: 'This person’s role does not allow it here.', level: 'info' },
  context_ended: { status: 403, oauth: 'access_denied', sentence: 'This is over.', level: 'info' },
  not_installed: { status: 403, oauth: 'unauthorized_client', sentence: 'The app is not installed in this tenant.', level: 'info' },
  installation_suspended: { status: 403, oauth: 'unauthorized_client', sentence: 'The app is suspended in this tenant.', level: 'info' },
  approval_required: { status: 403, oauth: 'access_denied', sentence: 'The tenant has to approve this app first.', level: 'info' },
  approval_blocked: { status: 403, oauth: 'access_denied', sentence: 'The tenant does not allow this app.', level: 'info' },
  out_of_availability: { status: 403, oauth: 'access_denied', sentence: 'The tenant allows this app, but not for this member.', level: 'info' },
  out_of_data_range: { status: 403, oauth: 'access_denied', sentence: 'This lies outside the data that the app may reach in this tenant.', level: 'info' },
  app_disabled: { status: 403, oauth: 'unauthorized_client', sentence: 'This app is switched off.', level: 'info' },
  member_inactive: { status: 403, oauth: 'access_denied', sentence: 'This person is no longer an active member.', level: 'info' },

  // Asking a tenant for its approval
  review_decided: { status: 409, sentence: 'This review is over.', level: 'info' },

  // Ours
  storage_unavailable: { status: 503, oauth: 'temporarily_unavailable', sentence: 'Storage does not answer. What you asked for may or may not have happened; try again.', level: 'error' },
  overloaded: { status: 503, oauth: 'temporarily_unavailable', sentence: 'Too busy just now. Try again in a moment.', level: 'warn' },
  internal_error: { status: 500, oauth: 'server_error', sentence: 'Something went wrong on our side.', level: 'error' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** One thing wrong with one field of a request; `pointer` is a JSON pointer (RFC 6901) or a parameter's name. */
export interface FieldProblem {
  readonly pointer: string;
  readonly detail: string;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** A sentence for the caller about this very case. Never holds a secret. */
  readonly detail: string | undefined;
  readonly fields: readonly FieldProblem[] | undefined;
  /** For the log only. */
  readonly logDetail: unknown;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(
    code: ErrorCode,
    options: {
      detail?: string;
      fields?: readonly FieldProblem[];
      logDetail?: unknown;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(options.detail ?? ERRORS[code].sentence, { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
    this.fields = options.fields;
    this.logDetail = options.logDetail;
    this.headers = options.headers;
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code];
  }
}
