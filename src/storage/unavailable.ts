import { AppError } from '#src/errors.ts';

/** Storage gave no answer that can be trusted. `why` is for the log only. */
export const unavailable = (why: string, cause?: unknown): AppError =>
  new AppError('storage_unavailable', { logDetail: why, cause });

/** The store cannot be used as it is set up; the message says why and what to change. Thrown when it is opened. */
export class UnusableStore extends Error {
  override readonly name = 'UnusableStore';
}
