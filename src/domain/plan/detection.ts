import * as z from 'zod';
import { DEFAULT_ANSWERS } from '#domain/diagnosis.ts';
import { WEEKDAYS } from '#domain/maintenance-window.ts';
import { duration, id, inSeconds, oneOf, section, text, whole } from '#domain/plan/fields.ts';

/** Which recovery plan answers which diagnosis: `regional-failover` is carried out by this pipeline, any other is named to people. */
const answers = section({
  'region-down': id.prefault(DEFAULT_ANSWERS['region-down']),
  /** A database that dies alone has a Multi-AZ standby beside it; docs/failure-model.md says why it does not move the region by itself. */
  'database-down': id.prefault(DEFAULT_ANSWERS['database-down']),
  'application-down': id.prefault(DEFAULT_ANSWERS['application-down']),
});

const timeText = 'a time of day in UTC as 02:00, in quotes';
const lastsText = 'a duration of a day at most';

/** While it is open no recovery begins; a person may override it. Others are started by hand: `continuity maintenance start`. */
const maintenanceWindow = section({
  id,
  name: text,
  days: z.array(oneOf(...WEEKDAYS), { error: 'a list of days' }).min(1, { error: 'a list of at least one day' }),
  from: z.string({ error: timeText }).regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: timeText }),
  lasts: duration.refine((seconds) => seconds <= 86_400, { error: lastsText }),
}).transform(inSeconds('lasts'));

export const detection = section({
  probeEvery: duration,
  /** `periods` breaching periods out of the last `of`. */
  alarm: section({ periods: whole(1, 100), of: whole(1, 100) }),
  /**
   * How many vantage points must see the service bad: the standby and the witness. One cannot tell a dead service from its own dead network, and a
   * region that is dead reports nothing.
   */
  vantagesNeeded: z.literal(2, { error: '2: the standby and the witness' }),
  /** A reading older than this says nothing. */
  readingsValidFor: duration.prefault('5m'),
  /** Since the end of the last recovery. */
  coolDown: duration,
  answers: answers.prefault({}),
  maintenanceWindows: z.array(maintenanceWindow, { error: 'a list of windows' }).prefault([]),
}).transform(inSeconds('probeEvery', 'readingsValidFor', 'coolDown'));
