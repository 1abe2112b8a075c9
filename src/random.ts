import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(8192);
let given = pool.length;

/** Random bytes, each given out once. From a pool: asking the system for a few at a time costs far more than using them. */
export function freshRandom(length: number): Uint8Array {
  if (length > pool.length) throw new RangeError(`at most ${pool.length} random bytes at a time`);
  if (given + length > pool.length) {
    randomFillSync(pool);
    given = 0;
  }
  const bytes = Uint8Array.prototype.slice.call(pool, given, given + length);
  pool.fill(0, given, (given += length));
  return bytes;
}
