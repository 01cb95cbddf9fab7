import { afterEach, beforeEach, expect, it } from 'vitest';
import { world } from '#test/support/fakes/world.ts';
import { type PairSession, sessionOver } from '#test/support/pair-session.ts';
import { slowness } from '#test/support/wait-for.ts';
import { createPair, type Pair } from '#test/unit/lab/parts/postgres/pair.ts';
import { fencePrimary } from '../../../functions/fence-primary.ts';

const at = world();
let pair: Pair;
let session: PairSession;
beforeEach(async () => {
  pair = await createPair(39);
  session = await sessionOver(pair, at.plan, { rdsAnswers: false });
});
afterEach(async () => {
  session.stop();
  await pair.stop();
});

it('a primary that lives is fenced by SQL where RDS of its region answers errors: at the address that was known last', {
  timeout: 30_000 * slowness,
}, async () => {
  const { databaseSession } = session;
  const { verifiedBy, methods, catchUp } = await fencePrimary({ ...at, ports: { ...at.ports, databaseSession } });
  expect(methods[0]).toMatchObject({ method: 'database-role', outcome: 'fenced' });
  expect({ verifiedBy, catchUp }).toMatchObject({ verifiedBy: 'database-role', catchUp: { missingBytes: 0 } });
});
