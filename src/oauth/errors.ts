import { errors } from 'oidc-provider';

import { AppError } from '#src/errors.ts';

/** 503 in the words of OAuth, so that neither a page nor a client ever takes unreachable storage for a "no" (I8, I9). */
class TemporarilyUnavailable extends errors.OIDCProviderError {
  constructor(cause: unknown) {
    super(503, 'temporarily_unavailable', { cause } as never);
    this.error_description = new AppError('storage_unavailable').message;
    this.expose = true;
  }
}

/** Runs `work`; what storage throws becomes an OAuth error. */
export async function asOAuth<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'storage_unavailable') throw new TemporarilyUnavailable(error);
    throw error;
  }
}
