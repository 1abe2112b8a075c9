const MINUTES = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

/** A moment as pages show it. Without JavaScript nobody knows the reader's zone, so it says which one it is in. */
export const displayTime = (moment: number | string): { iso: string; text: string } => {
  const date = new Date(moment);
  return { iso: date.toISOString(), text: `${MINUTES.format(date)} UTC` };
};

const DAYS = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

/** The same where the day is enough. */
export const displayDay = (moment: number | string): { iso: string; text: string } => {
  const date = new Date(moment);
  return { iso: date.toISOString().slice(0, 10), text: DAYS.format(date) };
};
