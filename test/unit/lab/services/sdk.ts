import { labAddresses } from '#lab/addresses.ts';
import type { LabService } from '#lab/contract.ts';
import { createDoor, type Door } from '#lab/door/door.ts';
import type { Deliver } from '#lab/services/deliver.ts';

export const REGION = 'us-west-2';

/** A door at the control address of `slot` (the door's own belongs to the door's tests), with these services in `REGION`, listening. */
export const openDoor = async (slot: number, services: readonly LabService[]): Promise<Door> => {
  const door = createDoor({ address: labAddresses(slot).site.control });
  for (const service of services) door.mount(service, REGION);
  await door.listen();
  return door;
};

export const clientOptions = (door: Door) => ({
  endpoint: door.url,
  region: REGION,
  maxAttempts: 1,
  credentials: { accessKeyId: 'LABPERSON', secretAccessKey: 'secret-person' },
});

export interface Delivered {
  readonly arn: string;
  readonly payload: string;
  readonly options: Parameters<Deliver>[2];
}

/** The far end of deliveries: keeps what arrives, refuses an ARN for as long as it is in `refused`. */
export const createTargets = () => {
  const delivered: Delivered[] = [];
  const refused = new Set<string>();
  let attempts = 0;
  const deliver: Deliver = async (arn, payload, options) => {
    attempts += 1;
    if (refused.has(arn)) throw Object.assign(new Error('the target is away'), { name: 'TargetAway' });
    delivered.push({ arn, payload, options });
  };
  return { delivered, refused, deliver, attempts: () => attempts };
};
