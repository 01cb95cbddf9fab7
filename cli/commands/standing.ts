import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { EXIT, UsageError } from '#cli/exit.ts';
import { personsWord } from '#cli/persons-word.ts';
import { recordOrder } from '#cli/record-order.ts';
import { type DeployedStack, deployedStack, mustBePlan } from '#cli/stack.ts';
import { parseDuration } from '#domain/durations.ts';
import { openWindow } from '#domain/maintenance-window.ts';
import { type StandingOrders as Standing, sayOrder } from '#domain/standing-orders.ts';
import { standingOrders } from '#src/composition.ts';

interface Options {
  readonly reason: string;
  readonly as: string;
  readonly json?: boolean;
}

const MOST_MS = 7 * 86_400_000;

const say = (json: boolean | undefined, standing: Standing, text: string): void => {
  process.stdout.write(`${json ? JSON.stringify({ ...standing, said: text }) : text}\n`);
  process.exitCode = EXIT.met;
};

/** Runs that an alarm started and that nobody stopped: switching off does not stop what has begun to change something. */
const running = async ({ executions, machineArn }: DeployedStack): Promise<readonly string[]> =>
  (await executions.list(machineArn, 20)).filter(({ status }) => status === 'RUNNING').map(({ name }) => name);

/** Each direction has a switch of its own, in the region that it fails over to. */
const ofOther = ({ plan }: DeployedStack): string =>
  plan.regions.directions === 'one'
    ? ''
    : `\nthis is the switch of the stack in ${plan.regions.standby}; that of the other direction: CONTINUITY_REGION=${plan.regions.primary} continuity automation off --reason "<why>"`;

const automation = async (to: 'off' | 'on', options: Options): Promise<void> => {
  const word = personsWord(options);
  const stack = await deployedStack();
  const orders = stack.make(standingOrders);
  const { plan } = stack.plan;
  const at = stack.now();
  const now = to === 'off' ? await orders.switchOff(plan, { ...word, at }) : await orders.switchOn(plan);
  await recordOrder(stack, { order: `automation-${to}`, ...word }, at);
  if (to === 'on')
    return say(options.json, now, 'automation is on: the next change of an alarm into ALARM starts a recovery');
  const first =
    now.automationOff?.at === at ? '' : ` (it was off already, ${now.automationOff && sayOrder(now.automationOff)})`;
  const still = await running(stack);
  const held = still.map(
    (name) =>
      `\n${name} runs: an alarm's run is refused before its first change; to stop one that has begun: continuity pause|abort ${name}`,
  );
  say(
    options.json,
    now,
    `automation is off${first}: alarms start nothing; a person's start still works${held.join('')}${ofOther(stack)}`,
  );
};

const statusLines = (standing: Standing, stack: DeployedStack): readonly string[] => {
  const { automationOff, maintenance } = standing;
  const now = stack.now();
  const declared = openWindow(stack.plan.detection.maintenanceWindows, now);
  const started = maintenance !== null && maintenance.until > now ? maintenance : null;
  return [
    automationOff === null ? 'automation is on' : `automation is off, ${sayOrder(automationOff)}`,
    ...(declared === null ? [] : [`maintenance window ${declared.id} of the plan is open until ${declared.until}`]),
    ...(started === null ? [] : [`a maintenance window is open until ${started.until}, started ${sayOrder(started)}`]),
    ...(declared === null && started === null ? ['no maintenance window is open'] : []),
  ];
};

/** `2026-11-24T05:00:00Z`, or a duration from now. Throws UsageError. */
export const parseUntil = (given: string, now: string): string => {
  const seconds = parseDuration(given);
  const at =
    seconds === null
      ? /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/.test(given)
        ? Date.parse(given)
        : Number.NaN
      : Date.parse(now) + seconds * 1_000;
  if (Number.isNaN(at)) {
    throw new UsageError(
      `--until must be a time such as 2026-11-24T05:00:00Z, or a duration such as 2h, got "${given}"`,
    );
  }
  const ahead = at - Date.parse(now);
  if (ahead <= 0) throw new UsageError(`--until must be in the future, got "${given}"; it is ${now}`);
  if (ahead > MOST_MS)
    throw new UsageError(`--until must be within 7 days, got "${given}": a forgotten window has to end`);
  return new Date(at).toISOString();
};

const maintenance = async (
  to: 'start' | 'end',
  given: string,
  options: Options & { readonly until?: string },
): Promise<void> => {
  const word = personsWord(options);
  if (options.until !== undefined) parseUntil(options.until, new Date().toISOString());
  const stack = await deployedStack();
  mustBePlan(given, stack);
  const orders = stack.make(standingOrders);
  const { plan } = stack.plan;
  const at = stack.now();
  if (to === 'end') {
    const open = (await orders.read(plan)).maintenance;
    if (open === null || open.until <= at) {
      throw new UsageError('no maintenance window that a person started is open: continuity automation status');
    }
    const now = await orders.endMaintenance(plan);
    await recordOrder(stack, { order: 'maintenance-end', ...word }, at);
    return say(
      options.json,
      now,
      'the maintenance window is over: what is in ALARM now started nothing; continuity history names it',
    );
  }
  const until = parseUntil(options.until ?? '', at);
  const now = await orders.startMaintenance(plan, { ...word, at, until });
  if (now === null) {
    const open = (await orders.read(plan)).maintenance;
    throw new UsageError(
      `a maintenance window until ${open?.until} was started ${open && sayOrder(open)}: one until ${until} would shorten it; to end it: continuity maintenance end ${plan} --reason "<why>"`,
    );
  }
  await recordOrder(stack, { order: 'maintenance-start', ...word, until }, at);
  say(
    options.json,
    now,
    `maintenance until ${until}: no recovery begins, unless a person starts it with --override GU-020="<why>"`,
  );
};

const ordered = (command: Command): Command =>
  command
    .requiredOption('--reason <text>', 'why: it stands in the record')
    .option('--as <person>', 'who orders it', userInfo().username)
    .option('--json', 'one JSON object');

/** `continuity automation off|on|status` and `continuity maintenance start|end <plan>`: orders that hold for every run. */
export const standingCommands = (program: Command): void => {
  const switches = program.command('automation').description('the kill switch: whether alarms start recoveries');
  ordered(switches.command('off').description('alarms start nothing any more; a person may')).action(
    (options: Options) => automation('off', options),
  );
  ordered(switches.command('on').description('alarms start recoveries again')).action((options: Options) =>
    automation('on', options),
  );
  switches
    .command('status')
    .description('whether automation is on, and which maintenance window is open')
    .option('--json', 'one JSON object')
    .action(async ({ json }: { json?: boolean }) => {
      const stack = await deployedStack();
      const now = await stack.make(standingOrders).read(stack.plan.plan);
      say(json, now, statusLines(now, stack).join('\n'));
    });

  const windows = program.command('maintenance').description('windows in which no recovery begins by itself');
  ordered(windows.command('start').description('start a window').argument('<plan>', 'id of the plan'))
    .requiredOption('--until <time>', 'its end: 2026-11-24T05:00:00Z, or 2h from now; 7 days at most')
    .action((plan: string, options: Options & { until: string }) => maintenance('start', plan, options));
  ordered(
    windows.command('end').description('end the window that was started').argument('<plan>', 'id of the plan'),
  ).action((plan: string, options: Options) => maintenance('end', plan, options));
};
