import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import type { StoreOptions } from '#src/storage/store-options.ts';

const open: RecordStore[] = [];

/** A store that is closed when the test file is done. */
export async function openFor(url: string, options: Partial<StoreOptions> = {}): Promise<RecordStore> {
  const store = await openStore(url, { clock: Date.now, ...options });
  open.push(store);
  return store;
}

export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((store) => store.close()));
}

export const UNAVAILABLE = { code: 'storage_unavailable' };
