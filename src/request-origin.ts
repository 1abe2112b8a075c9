import { AsyncLocalStorage } from 'node:async_hooks';

/** Where a request came from. */
export interface RequestOrigin {
  /** What it came to: a page for people, the management API, or an endpoint of OAuth. */
  readonly via: 'page' | 'api' | 'oauth';
  /** The client's network address, as the trusted proxies tell it. */
  readonly address: string;
}

const current = new AsyncLocalStorage<RequestOrigin>();

/** Of the request that is being answered; `undefined` in what Assent does by itself. */
export const requestOrigin = (): RequestOrigin | undefined => current.getStore();

/** Whatever is done while it is answered, use cases included, knows where it came from without being told. */
export const answerFrom = <T>(origin: RequestOrigin, answer: () => T): T => current.run(origin, answer);

/** For work that only begins while a request is answered. */
export const apartFromRequests = <T>(work: () => T): T => current.exit(work);
