import { relative } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '#cli/exit.ts';
import { planPath, planText } from '#cli/plan-path.ts';
import { terminal } from '#cli/terminal.ts';
import { sayFinding } from '#domain/finding.ts';
import type { Plan } from '#domain/plan.ts';
import { checkPlan } from '#src/plan-file.ts';

const summary = (plan: Plan, file: string, warnings: number): string =>
  `${file}: plan "${plan.plan}" is good${warnings > 0 ? ` (${warnings} warnings)` : ''}: ` +
  `${plan.regions.primary} -> ${plan.regions.standby}, ${plan.workloads.deployments.length} deployments, ${plan.traffic.records.length} traffic records`;

/** `continuity plan check [file]`: exit 0 with a summary, or 2 with every finding at once. */
export const planCommand = (program: Command): void => {
  const plan = program.command('plan').description('the plan as code');
  plan
    .command('check')
    .description('check a plan: every finding at once')
    .argument('[file]', 'the plan', 'continuity.yml')
    .option('--json', 'findings as JSON')
    .action((file: string, options: { json?: boolean }) => {
      const path = planPath(file);
      const checked = checkPlan(planText(path, file), relative(process.cwd(), path) || path);
      const { style } = terminal(process.stderr);
      if (options.json)
        process.stdout.write(`${JSON.stringify({ good: 'plan' in checked, findings: checked.findings })}\n`);
      else {
        for (const finding of checked.findings) {
          process.stderr.write(`${style(finding.level === 'error' ? 'red' : 'yellow', sayFinding(finding))}\n`);
        }
        if ('plan' in checked) process.stdout.write(`${summary(checked.plan, file, checked.findings.length)}\n`);
      }
      process.exitCode = 'plan' in checked ? EXIT.met : EXIT.usage;
    });
};
