import { hash } from 'node:crypto';

import type { Shard } from './record-store.ts';

export const SHARDS = 256;

let latest = { id: '', shard: hashed('') };

function hashed(id: string): Shard {
  return Number.parseInt(hash('sha256', id).slice(0, 2), 16) as Shard;
}

/** The shard of a thing that is sharded by its own id, and of everything bound to it. */
export function shardOf(id: string): Shard {
  // The keys of one tenant are made one after the other.
  if (latest.id !== id) latest = { id, shard: hashed(id) };
  return latest.shard;
}

/** Two lower-case hexadecimal digits, as they stand in ids and tokens that must be found from their text alone. */
export const shardToText = (shard: Shard): string => shard.toString(16).padStart(2, '0');

export const shardFromText = (text: string): Shard | undefined =>
  /^[0-9a-f]{2}$/.test(text) ? (Number.parseInt(text, 16) as Shard) : undefined;

export const allShards = (): Shard[] => Array.from({ length: SHARDS }, (_, shard) => shard as Shard);
