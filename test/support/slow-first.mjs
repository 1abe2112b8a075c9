import Sequencer from '@jest/test-sequencer';

/** Those that take longest, the longest first. Started last, one of them would run alone while the other worker is idle. */
const SLOW = [/looks|chromium|newcomer|servers|reader|sentinel/, /\/(journeys|attacks|contract|examples|interop|redis|main)\b/];

const rank = ({ path }) => (SLOW.findIndex((pattern) => pattern.test(path)) + SLOW.length + 1) % (SLOW.length + 1);

export default class SlowFirst extends Sequencer {
  async sort(tests) {
    const byDuration = await super.sort(tests);
    return byDuration.toSorted((a, b) => rank(a) - rank(b));
  }
}
