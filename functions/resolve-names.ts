import * as z from 'zod';
import { event } from '#pipeline/event.ts';
import type { Names } from '#ports/names.ts';
import { attempt } from '#src/attempt.ts';
import { names } from '#src/composition.ts';

const MOST_NAMES = 50;
const WITHIN_MS = 2_000;

const asked = z.strictObject({ names: z.array(z.string().min(1).max(253)).min(1).max(MOST_NAMES) });

interface Call {
  readonly event: z.output<typeof asked>;
  readonly ports: { readonly names: Names };
}

/** Runs at the third site: what resolvers there say of each name. A name without an answer has no addresses. */
export const resolveNames = async ({ event: { names: wanted }, ports }: Call) => {
  const answers = await Promise.all(
    wanted.map(async (name) => {
      const found = await attempt(() => ports.names.resolve(name), WITHIN_MS);
      return [name, found.outcome === 'answered' ? found.value : []] as const;
    }),
  );
  return { addresses: Object.fromEntries(answers) };
};

export const handler = event({ name: 'ResolveNames', parse: asked, ports: { names } }).handler(resolveNames);
