import type { CreateFunctionInput } from '#lab/services/lambda/types.ts';

interface Facts {
  readonly input: CreateFunctionInput;
  readonly roleName: string;
  readonly memoryMb: number;
  readonly taskRoot: string;
  readonly doorUrl: string;
  readonly compileCache: string;
  readonly stream: string;
  readonly extra: Readonly<Record<string, string>>;
}

/** Credentials of a role in the lab: the role's name is in the key, so that the door knows who calls. */
export const roleCredentials = (roleName: string) => ({
  accessKeyId: `LABROLE${roleName}`,
  secretAccessKey: `secret-${roleName}`,
});

/**
 * The whole environment of an instance: nothing is inherited but PATH and the lab's mark.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export const instanceEnvironment = (facts: Facts): Record<string, string> => {
  const { input } = facts;
  const credentials = roleCredentials(facts.roleName);
  const declared = Object.entries(input.Environment?.Variables ?? {})
    .map(([name, value]) => [name, String(value)] as const)
    // Files of the managed runtime's own image are not here; Node warns of certificates that it cannot find.
    .filter(([name, value]) => !(name === 'NODE_EXTRA_CA_CERTS' && value.startsWith('/var/')));
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    // The lab's mark on its processes, by which a later start finds what a killed lab left.
    ...(process.env.CONTINUITY_LAB && { CONTINUITY_LAB: process.env.CONTINUITY_LAB }),
    ...Object.fromEntries(declared),
    ...facts.extra,
    LANG: 'en_US.UTF-8',
    TZ: 'UTC',
    _HANDLER: input.Handler,
    LAMBDA_TASK_ROOT: facts.taskRoot,
    AWS_EXECUTION_ENV: `AWS_Lambda_${input.Runtime ?? 'nodejs24.x'}`,
    AWS_REGION: input.Region,
    AWS_DEFAULT_REGION: input.Region,
    AWS_LAMBDA_FUNCTION_NAME: input.FunctionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(facts.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: input.LoggingConfig?.LogGroup ?? `/aws/lambda/${input.FunctionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: facts.stream,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL: facts.doorUrl,
    AWS_EC2_METADATA_DISABLED: 'true',
    NODE_COMPILE_CACHE: facts.compileCache,
  };
};
