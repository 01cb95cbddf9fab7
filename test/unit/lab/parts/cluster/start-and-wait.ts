import { waitFor } from '#test/support/wait-for.ts';
import { backends, startCluster } from './support.ts';

/** A process of its own that has a cluster: prints the group's id when a replica serves, and waits to be killed. */
const { cluster, front } = await startCluster(Number(process.argv[2]), 1);
await waitFor('a replica', async () => (await backends(front)).length === 1);
process.stdout.write(`${cluster.pgid}\n`);
setInterval(() => undefined, 60_000);
