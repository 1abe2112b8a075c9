import Sequencer from '@jest/test-sequencer';

/** Folders whose files take longest. Started last, one of them would run alone while the other worker is idle. */
const SLOW_FOLDERS = ['contract', 'attacks', 'journeys', 'examples', 'interop'];

const isSlow = ({ path }) => SLOW_FOLDERS.some((folder) => path.includes(`/test/${folder}/`));

export default class SlowFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests); // oxlint-disable-line unicorn/no-array-sort -- not an array's
    return [...sorted.filter(isSlow), ...sorted.filter((test) => !isSlow(test))];
  }
}
