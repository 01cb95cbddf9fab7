import { pythonTools } from '../../scripts/python-tools.ts';

/**
 * Folder of the Python tools (cfn-lint, the AWS CLI, boto3, moto), or null when they were not made: tests of them are then skipped, and say so. Where
 * they have to run, `CI_REQUIRES_PYTHON=1` (or `CLOUD=moto`, which asks for them) makes that a failure.
 */
export const tools: string | null = pythonTools();

/** Prints why tests are skipped, or fails the file where they must not be. */
export const withoutTools = (what: string): void => {
  if (tools !== null) return;
  const reason = 'the Python tools are not there: npm run python-tools';
  if (process.env.CI_REQUIRES_PYTHON === '1' || process.env.CLOUD === 'moto')
    throw new Error(`${what} cannot run, and has to: ${reason}`);
  console.warn(`skipped: ${what}: ${reason}`);
};

/** The command of the tools, else the one of the machine. */
export const toolOf = (name: string, otherwise = name): string => (tools === null ? otherwise : `${tools}/${name}`);
