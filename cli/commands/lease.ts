import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { EXIT, RunError, UsageError } from '#cli/exit.ts';
import { createKeeper } from '#cli/lease/keeper.ts';
import { startSidecar } from '#cli/lease/server.ts';
import { planPath } from '#cli/plan-path.ts';
import type { Plan } from '#domain/plan.ts';
import { SIDES, type Side } from '#domain/side.ts';
import { leaseTable, termsOf } from '#domain/write-lease.ts';
import { writeLease } from '#src/composition.ts';

interface Options {
  readonly plan: string;
  readonly side: string;
  readonly listen: string;
  readonly stage: string;
  readonly table?: string;
  readonly timeScale: string;
}

/** continuity.yml, or the plan.json that packaging makes of it, which was checked then. */
const readPlan = async (file: string): Promise<Plan> => {
  const path = planPath(file);
  if (!path.endsWith('.json')) return (await import('#cli/load-plan.ts')).loadPlan(path);
  try {
    const plan = JSON.parse(readFileSync(path, 'utf8')) as Partial<Plan>;
    if (plan.fence?.lease.ttlSeconds && plan.regions?.witness && plan.plan) return plan as Plan;
  } catch {
    // Said below.
  }
  throw new UsageError(`${file}: is not a compiled plan: .build/plan.json, which \`npm run package\` writes`);
};

const sideOf = (text: string): Side => {
  const side = SIDES.find((one) => one === text);
  if (side === undefined) throw new UsageError(`--side must be primary or standby, got "${text}"`);
  return side;
};

const LISTEN = /^(?:(127(?:\.\d{1,3}){3}|localhost|\[::1\]):)?(\d{1,5})$/;

/** Loopback only: who can ask whether the application may write stands beside it in its pod. */
const addressOf = (text: string): { host: string; port: number } => {
  const [, host = '127.0.0.1', port = ''] = LISTEN.exec(text) ?? [];
  if (port === '' || Number(port) > 65_535)
    throw new UsageError(`--listen must be a port on loopback, such as 8181 or 127.0.0.1:8181, got "${text}"`);
  return { host: host.replace(/[[\]]/g, ''), port: Number(port) };
};

const scaleOf = (text: string): number => {
  const scale = Number(text);
  if (!(scale >= 1 && scale <= 3_600))
    throw new UsageError(`--time-scale must be a number from 1 to 3600, got "${text}"`);
  return scale;
};

const log = (event: string, data: Readonly<Record<string, unknown>> = {}): void =>
  void process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...data })}\n`);

const ended = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });

const run = async (options: Options): Promise<void> => {
  const side = sideOf(options.side);
  const { host, port } = addressOf(options.listen);
  const scale = scaleOf(options.timeScale);
  const plan = await readPlan(options.plan);
  if (!plan.fence.methods.includes('write-lease'))
    throw new UsageError(`${options.plan}: fence.methods does not name write-lease: nothing is to be renewed`);
  const table = options.table ?? leaseTable(plan.plan, options.stage);
  const terms = termsOf(plan.fence.lease, scale);
  const lease = writeLease.create({ LEASE_TABLE: table }, plan);
  const keeper = createKeeper({
    side,
    terms,
    clocks: { monotonic: () => performance.now(), wall: () => Date.now() },
    renew: (overAt) => lease.renew(plan.plan, side, overAt),
  });
  const signal = ended();
  const sidecar = await startSidecar({ keeper, host, port, renewEveryMs: terms.renewEveryMs, log }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new RunError(`cannot listen on ${host}:${port}: ${error.code ?? error.message}`);
    },
  );
  log('stopping', { signal: await signal });
  await sidecar.stop();
  process.exit(EXIT.met);
};

/** `continuity lease`: the sidecar that holds the application's right to write, one beside each replica. */
export const leaseCommand = (program: Command): void => {
  program
    .command('lease')
    .description(
      "run beside a replica of the application: renew its region's write lease, and say on loopback whether it may write",
    )
    .requiredOption('--plan <file>', 'continuity.yml, or the compiled plan.json')
    .requiredOption('--side <side>', 'primary or standby: the region that this replica runs in')
    .option('--listen <address>', 'a port on loopback: GET /lease answers 200 or 503', '127.0.0.1:8181')
    .option('--stage <stage>', 'stage of the deployed stack', 'prod')
    .option('--table <name>', "the lease table; default: that of the plan's witness stack")
    .addOption(new Option('--time-scale <n>', 'declared durations are divided by it (the lab)').default('1').hideHelp())
    .action(run);
};
