import type { NetworkPlace } from '#lab/services/lambda/instance.ts';

/**
 * For this process and from now on: names are resolved by the lab's DNS server alone, and connections to addresses of the lab
 * leave from the egress address. Call it before anything else resolves or connects.
 */
export declare const joinNetwork: (network: NetworkPlace) => void;
