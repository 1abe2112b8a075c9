import { z } from 'zod';

const title = z.string().trim().min(1).max(200);

export const NewMeeting = z.object({
  title,
  startsAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString()),
  minutes: z.number().int().min(5).max(1440),
});

export const NewEntry = z.object({ title });
