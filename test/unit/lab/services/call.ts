import type { Call, LabService } from '#lab/contract.ts';

/** Calls an operation of a service in-process, as the door does. */
export const caller =
  (service: LabService, region: string) =>
  async <Output = Record<string, unknown>>(operation: string, input: unknown = {}): Promise<Output> => {
    const handler = service.operations[operation];
    if (handler === undefined) throw new Error(`${service.name} has no operation ${operation}`);
    const call: Call = {
      id: 'test',
      service: service.name,
      operation,
      region,
      accessKeyId: 'LABPERSON',
      at: Date.now(),
    };
    return (await handler(input, call)) as Output;
  };
