/** Commits forever and prints the number of each commit once it is acknowledged; the test kills it. */
import { openStore } from '#src/storage/open-store.ts';
import { put } from '#src/storage/record-store.ts';
import { token } from '#test/contract/world.ts';
import { shardOf } from '#src/storage/shards.ts';

const store = await openStore(process.argv[2]!, { clock: Date.now });
const shard = shardOf('writer');
let next = 0;

async function writeOn(): Promise<never> {
  for (;;) {
    const number = (next += 1);
    await store.commit({ shard, write: [put({ shard, kind: token, id: String(number) }, { text: 'x' }, { tenant: null })], events: [{ id: String(number), type: 't' }] });
    process.stdout.write(`${number}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, writeOn));
