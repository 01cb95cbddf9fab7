import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { towards } from '#domain/direction.ts';
import type { Plan } from '#domain/plan.ts';
import { checkTraffic } from '../serverless/check-traffic.ts';
import { checkTriggers } from '../serverless/check-triggers.ts';
import { stackValues } from '../serverless/stack-values.ts';
import { bundleFunctions, type Handlers, handlersOf, placeArchives } from './bundle-functions.ts';
import { nameByContent } from './name-by-content.ts';
import { namesTooLong } from './name-lengths.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { pointAt, pruneFolders, serviceFolder } from './package-folder.ts';

/**
 * `node scripts/package.ts [--force] [--quiet] [--stage prod] [--region us-west-2 | --strategy record-change]`: compiles
 * the plan and packages both stacks, with no network and no credentials: .serverless/ (pipeline, standby region) and .build/witness/ (one probe, witness region). With the region of the primary it is
 * the stacks of the other direction: .build/<region>/pipeline and .build/<region>/witness. With a strategy it is what the stacks would be if the plan
 * moved its traffic so, in .build/<strategy>/ with that plan.json: stories run on it, nobody deploys it. Does nothing when nothing changed since.
 * All are links that lead to the newest of .build/packages/: whole at any time, whoever packages or reads meanwhile.
 * Exit 2 when the plan or the call is wrong, 1 when packaging fails.
 */
const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const at = (path: string): string => join(root, path);

const LOCK = '.build/package.lock';
const LOCK_MS = 180_000;
const CONFIGS = [
  { name: 'pipeline', config: 'serverless.yml' },
  { name: 'witness', config: 'serverless.witness.yml' },
] as const;

/** Where the stacks of one variant of the plan lie. The plan's own is where everything looks for it; another has a folder of its name. */
interface Target {
  /** The region of the other direction, or a strategy; null for the plan as it is. */
  readonly variant: string | null;
  readonly plan: string;
  readonly stamp: string;
  readonly packages: string;
  /** Where the framework works, by stack: `service-pipeline`. `npm run deploy` deploys from there. */
  readonly services: string;
  readonly stacks: readonly { readonly name: string; readonly config: string; readonly output: string }[];
}

const targetOf = (variant: string | null): Target => {
  const folder = variant === null ? '.build' : `.build/${variant}`;
  const [pipeline, witness] = CONFIGS;
  return {
    variant,
    plan: `${folder}/plan.json`,
    stamp: `${folder}/packaged.json`,
    packages: `${folder}/packages`,
    services: `${folder}/service-`,
    stacks: [
      { ...pipeline, output: variant === null ? '.serverless' : `${folder}/pipeline` },
      { ...witness, output: `${folder}/witness` },
    ],
  };
};

const INPUTS = [
  'continuity.yml',
  'package-lock.json',
  'serverless.yml',
  'serverless.witness.yml',
  'functions',
  'src',
  'state-machines',
  'serverless',
  'scripts/package.ts',
  'scripts/bundle-functions.ts',
  'scripts/package-folder.ts',
  'scripts/name-by-content.ts',
  'scripts/compile-plan.ts',
];
/** What the framework and the bundler read. */
const SERVICE = [
  'package.json',
  'tsconfig.json',
  'functions',
  'src',
  'serverless',
  'serverless.yml',
  'serverless.witness.yml',
];
const MACHINE = 'state-machines/regional-failover.asl.json';

const filesUnder = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.(ts|json|yml|js)$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [path];

const hashOfInputs = (stage: string, { variant }: Target): string => {
  const hash = createHash('sha256').update(`${stage}\n${variant ?? ''}\n${process.version}\n`);
  for (const file of INPUTS.map(at).flatMap(filesUnder)) {
    hash.update(`${relative(root, file)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
};

const TEMPLATE = 'cloudformation-template-update-stack.json';
const template = (output: string): string => at(join(output, TEMPLATE));

const isDone = (hash: string, { stamp, stacks }: Target): boolean => {
  if (!existsSync(at(stamp)) || !stacks.every(({ output }) => existsSync(template(output)))) return false;
  return (JSON.parse(readFileSync(at(stamp), 'utf8')) as { hash?: string }).hash === hash;
};

const fail = (code: 1 | 2, ...lines: readonly string[]): never => {
  for (const line of lines) console.error(line.trimEnd());
  process.exit(code);
};

/** The framework's own words without its decoration; it writes errors on both streams. */
const wordsOf = (error: unknown): string => {
  const { stdout = '', stderr = '', message = '' } = error as { stdout?: string; stderr?: string; message?: string };
  const words = stderr || stdout ? `${stderr}${stdout}` : message;
  return words
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(Environment|Docs|Error|Packaging) ?.*(osls|:$|for stage)/.test(line))
    .join('\n');
};

/** A copy of what is packaged, which nobody changes meanwhile. */
const prepare = (service: string, made: Readonly<Record<string, unknown>>): void => {
  serviceFolder(root, service, SERVICE);
  mkdirSync(join(service, '.build'));
  for (const [file, value] of Object.entries(made))
    writeFileSync(join(service, '.build', file), `${JSON.stringify(value, null, 2)}\n`);
};

/** Packages one stack, with its functions' archives, into `packages/<stack>`. Gives what is wrong, or null. */
const packageStack = async (
  { name, config }: Target['stacks'][number],
  service: string,
  handlers: Handlers,
  archives: ReadonlyMap<string, Buffer>,
  stage: string,
  packages: string,
): Promise<string | null> => {
  const places = placeArchives(service, handlers, archives);
  const args = [at('node_modules/serverless/bin/serverless.js'), 'package', '--config', config, '--stage', stage];
  try {
    await run(process.execPath, args, {
      cwd: service,
      maxBuffer: 32 * 1024 * 1024,
      env: { ...process.env, SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off', NO_COLOR: '1' },
    });
  } catch (error) {
    return `${config} cannot be packaged:\n${wordsOf(error)}`;
  }
  mkdirSync(packages, { recursive: true });
  cpSync(places, join(service, '.serverless'), { recursive: true });
  nameByContent(join(service, '.serverless'));
  renameSync(join(service, '.serverless'), join(packages, name));
  return null;
};

const sizes = ({ stacks }: Target): string =>
  stacks
    .flatMap(({ name, output }) =>
      readdirSync(at(output))
        .filter((file) => file.endsWith('.zip'))
        .map((file) => {
          const kb = statSync(at(join(output, file))).size / 1024;
          return `  ${name.padEnd(9)} ${file.replace('.zip', '').padEnd(20)} ${kb.toFixed(0).padStart(5)} KB zipped`;
        }),
    )
    .join('\n');

const options = (() => {
  try {
    return parseArgs({
      options: {
        force: { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
        stage: { type: 'string', default: 'prod' },
        region: { type: 'string' },
        strategy: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return fail(2, (error as Error).message);
  }
})();

/** `prod`, `dev-2`: part of the names of everything. */
if (!/^[a-z][a-z0-9-]{0,15}$/.test(options.stage))
  fail(2, `--stage is "${options.stage}"; allowed: a small letter, then up to 15 small letters, digits or hyphens`);

const STRATEGIES: readonly string[] = ['health-switch', 'record-change'] satisfies Plan['traffic']['strategy'][];
if (options.strategy !== undefined && !STRATEGIES.includes(options.strategy))
  fail(2, `--strategy is "${options.strategy}"; allowed: ${STRATEGIES.join(', ')}`);
if (options.strategy !== undefined && options.region !== undefined)
  fail(2, '--strategy and --region go not together: one variant of the plan at a time');

/** The plan as it would be if it moved its traffic so, and its people had accepted what that needs. */
const movedBy = (plan: Plan, strategy: string): Plan => ({
  ...plan,
  traffic: { ...plan.traffic, strategy: strategy as Plan['traffic']['strategy'], acceptsControlPlane: true },
});

const compile = async (): Promise<Plan> => {
  await run(process.execPath, [at('scripts/compile-plan.ts')], { cwd: root }).catch((error) => fail(2, wordsOf(error)));
  return JSON.parse(readFileSync(at('.build/plan.json'), 'utf8')) as Plan;
};

// Archives hold the modes of files: with a stricter mask of whoever packages they would be other bytes, which Lambda's user could not read.
process.umask(0o022);
const started = performance.now();
await oneAtATime(at(LOCK), LOCK_MS).catch((error: Error) => fail(1, error.message));
const { region, strategy, stage } = options;
let target = targetOf(strategy ?? null);
if (region !== undefined) {
  const declared = await compile();
  const turned = towards(declared, region);
  if (typeof turned === 'string') fail(2, `--region: ${turned}`);
  if (region !== declared.regions.standby) target = targetOf(region);
}
const hash = hashOfInputs(stage, target);
if (!options.force && isDone(hash, target)) {
  if (!options.quiet) console.log('packaged already: nothing changed');
  process.exit(0);
}
// A command that started this can say why it takes a while.
process.send?.('packaging');

const declared = await compile();
const variantOf = (variant: string): Plan =>
  strategy === undefined ? (towards(declared, variant) as Plan) : movedBy(declared, variant);
const plan = target.variant === null ? declared : variantOf(target.variant);
const values = stackValues(plan, JSON.parse(readFileSync(at(MACHINE), 'utf8')), stage);
const packages = at(join(target.packages, `${hash.slice(0, 12)}-${process.pid}`));
const made = { 'plan.json': plan, 'stack.json': values };
const services = target.stacks.map((stack) => {
  const folder = at(`${target.services}${stack.name}`);
  prepare(folder, made);
  return { stack, folder, handlers: handlersOf(folder, stack.config) };
});
// Every service holds the same sources.
const [{ folder: sources }] = services as [(typeof services)[number]];
const files = new Set(services.flatMap(({ handlers }) => Object.values(handlers)));
const archives = await bundleFunctions(sources, [...files].sort()).catch((error: Error) =>
  fail(1, 'the functions cannot be bundled:', error.message),
);
const problems = await Promise.all(
  services.map(({ stack, folder, handlers }) => packageStack(stack, folder, handlers, archives, stage, packages)),
);
const wrong = problems.filter((problem) => problem !== null);
if (wrong.length > 0) fail(1, ...wrong);
const templates = new Map(
  target.stacks.map(({ name }) => [name, JSON.parse(readFileSync(join(packages, name, TEMPLATE), 'utf8'))]),
);
const long = [...templates.values()].flatMap(namesTooLong);
if (long.length > 0)
  fail(
    2,
    `shorten \`plan\` (${plan.plan}) or --stage (${stage}): names are made of both:`,
    ...long.map((name) => `  ${name}`),
  );
// Traffic must be able to move without a control plane: only the pipeline's stack holds records and roles that move it.
const packaged = templates.get('pipeline');
const findings = [...checkTraffic(plan, packaged.Resources), ...checkTriggers(packaged.Resources)];
if (findings.length > 0) fail(2, 'the packaged stack is refused:', ...findings.map((finding) => `  ${finding}`));
for (const { name, output } of target.stacks) pointAt(at(output), join(packages, name));
if (target.variant !== null) writeFileSync(at(target.plan), `${JSON.stringify(plan, null, 2)}\n`);
pruneFolders(at(target.packages));
writeFileSync(at(target.stamp), `${JSON.stringify({ hash, stage })}\n`);
if (!options.quiet) {
  console.log(`packaged in ${((performance.now() - started) / 1000).toFixed(1)} s:\n${sizes(target)}`);
}
