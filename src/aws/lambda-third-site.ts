import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { ServiceUnavailableError } from '#domain/errors.ts';
import type { ThirdSite } from '#ports/third-site.ts';
import { clientOptions } from './sdk-client.ts';
import { sdkCall } from './sdk-errors.ts';

/** One try within the bound of the port: who verifies asks again. */
const PATIENCE = { connectMs: 1_000, requestMs: 3_000, tries: 1 };

const answer = z.object({ addresses: z.record(z.string(), z.array(z.string())) });

/** Asks `resolve-names`, which runs in the witness region. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export const lambdaThirdSite = ({ region, functionName }: { region: string; functionName: string }): ThirdSite => {
  const client = new LambdaClient(clientOptions(region, PATIENCE));
  return {
    resolve: async (names) => {
      const { Payload, FunctionError } = await sdkCall('lambda:Invoke resolve-names', () =>
        client.send(new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify({ names }) })),
      );
      const text = Buffer.from(Payload ?? []).toString('utf8');
      if (FunctionError)
        throw new ServiceUnavailableError(`${functionName} in ${region} failed: ${text.slice(0, 500)}`);
      const parsed = answer.safeParse(JSON.parse(text));
      if (!parsed.success)
        throw new ServiceUnavailableError(`${functionName} in ${region} answered ${text.slice(0, 500)}`);
      return parsed.data.addresses;
    },
  };
};
