import { pipeline } from '#pipeline/pipeline.ts';
import { databaseSession, workloads } from '#src/composition.ts';
import { fencePrimary } from './fence-primary.ts';

/** Fences again after the people have approved: a primary that did not answer before may have come back while they thought. */
export const renewFence = fencePrimary;

export const handler = pipeline({ ports: { databaseSession, workloads }, mutates: true }).handler(renewFence);
