/**
 * Expiry is decided by comparing times when a record is read; dropping expired records only frees space. It waits
 * this long after the expiry, so that a clock that was wrong for some minutes, ours or the engine's, has not thrown
 * away what turns out to be alive.
 */
export const GARBAGE_SLACK_MS = 10 * 60_000;
