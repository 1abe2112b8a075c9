import { describe, expect, test } from '@jest/globals';

import { confirmationCommands, type Reply, whyUnconfirmed } from '#src/storage/redis/confirmation.ts';

const ok = (value: unknown): Reply => [null, value];
const failed: Reply = [new Error('UNBLOCKED force unblock'), undefined];

describe('the confirmation of durable commits', () => {
  test.each([
    [{ disk: true, replicas: 0 }, [['waitaof', 1, 0, 1500]]],
    [{ disk: false, replicas: 2 }, [['wait', 2, 1500]]],
    [{ disk: true, replicas: 2 }, [['waitaof', 1, 0, 1500], ['wait', 2, 1500]]],
  ])('%j asks within the deadline for no more than is needed', (confirmation, commands) => {
    expect(confirmationCommands(confirmation, 2000)).toEqual(commands);
  });

  test.each([
    [{ disk: true, replicas: 0 }, [ok([1, 0])], undefined],
    [{ disk: true, replicas: 0 }, [ok([0, 0])], 'the change is not on disk yet'],
    [{ disk: false, replicas: 2 }, [ok(2)], undefined],
    [{ disk: false, replicas: 2 }, [ok(3)], undefined],
    [{ disk: false, replicas: 2 }, [ok(1)], 'the change is on 1 of 2 replicas'],
    [{ disk: true, replicas: 1 }, [ok([1, 0]), ok(1)], undefined],
    [{ disk: true, replicas: 1 }, [ok([1, 0]), ok(0)], 'the change is on 0 of 1 replicas'],
    [{ disk: true, replicas: 1 }, [ok([0, 0]), ok(1)], 'the change is not on disk yet'],
    [{ disk: true, replicas: 1 }, [ok([1, 0]), failed], 'the change could not be confirmed: UNBLOCKED force unblock'],
  ])('%j with %j', (confirmation, replies, why) => {
    expect(whyUnconfirmed(confirmation, replies)).toBe(why);
  });
});
