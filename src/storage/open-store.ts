import type { RecordStore } from './record-store.ts';
import { openRedisStore } from './redis/redis-store.ts';
import { openSqliteStore } from './sqlite/sqlite-store.ts';
import type { StoreOptions } from './store-options.ts';
import { parseStoreUrl } from './store-url.ts';

/** Throws `UnusableStore` when it cannot be used as it is set up, and `storage_unavailable` when it does not answer. */
export async function openStore(url: string, options: StoreOptions): Promise<RecordStore> {
  const where = parseStoreUrl(url);
  return where.engine === 'sqlite' ? openSqliteStore(where.file, options) : openRedisStore(where, options);
}
