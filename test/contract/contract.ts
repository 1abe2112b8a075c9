import { afterAll, beforeAll, describe } from '@jest/globals';

import type { Engine } from './engine.ts';
import { commitLaws } from './laws/commit.ts';
import { eventLaws } from './laws/events.ts';
import { expiryLaws } from './laws/expiry.ts';
import { indexLaws } from './laws/index-pages.ts';
import { namingLaws } from './laws/naming.ts';
import { raceLaws } from './laws/races.ts';
import { readLaws } from './laws/reads.ts';
import { openWorld, type World } from './world.ts';

/** What every engine must do, sentence by sentence. Each engine runs all of it. */
export function contract(name: string, start: () => Promise<Engine>): void {
  describe(`the record store on ${name}`, () => {
    let engine: Engine;
    let world: World;
    beforeAll(async () => {
      engine = await start();
      world = await openWorld(engine);
    }, 30_000);
    afterAll(async () => {
      await world?.close();
      await engine?.stop();
    });

    for (const laws of [commitLaws, readLaws, expiryLaws, eventLaws, indexLaws, namingLaws, raceLaws]) laws(() => world);
  });
}
