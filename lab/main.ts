import { labAddresses } from '#lab/addresses.ts';
import { serveControl } from '#lab/control.ts';
import { startLab } from '#lab/lab.ts';
import { claimFolder, clearRemains, runFolder } from '#lab/run-folder.ts';

/**
 * The lab's one background process: `node lab/main.ts '{"root": ..., "slot": 0, "timeScale": 240, "attached": false}'`.
 * Tells its parent `{ready: true}` or `{error}` once, by IPC. Ends on SIGTERM, on SIGINT, on `down`, and with its parent: when attached at any
 * time, else until it has told it that it is ready. Who asks for the end while it boots is heard: it ends once it has booted.
 */
interface Options {
  readonly root: string;
  readonly slot: number;
  readonly timeScale?: number;
  readonly pipeline?: boolean;
  readonly attached?: boolean;
}

const options = JSON.parse(process.argv[2] ?? '{}') as Options;
const run = runFolder(options.root, options.slot);
const addresses = labAddresses(options.slot);
const controlUrl = `http://${addresses.site.control.host}:${addresses.site.control.port}`;

const unwanted = new AbortController();
let told = false;
const onOrphaned = (): void => {
  if (options.attached || !told) unwanted.abort();
};
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => unwanted.abort());
process.on('disconnect', onOrphaned);
// The parent may have gone while this was loaded. Without a parent that listens there is nothing to be connected to.
if (process.connected === false) onOrphaned();

const tell = (word: { ready: true } | { error: string }): Promise<void> =>
  new Promise((resolve) => {
    told = true;
    if (process.send && process.connected) process.send(word, () => resolve());
    else resolve();
  });

// Children carry the mark, so that a later start finds what a killed lab left.
process.env.CONTINUITY_LAB = run.folder;

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const fail = async (error: unknown): Promise<never> => {
  console.error(error);
  await tell({ error: reason(error) });
  process.exit(1);
};

const boot = async (): Promise<{ warm(): Promise<void>; end(code: number): Promise<void> }> => {
  const lab = await startLab({ ...options, addresses, folder: run.folder, data: run.data });
  let ending: Promise<void> | undefined;
  const end = (code: number): Promise<void> => {
    ending ??= (async () => {
      await lab.stop();
      await clearRemains(run);
      await control.stop();
      process.exit(code);
    })();
    return ending;
  };
  const control = await serveControl(addresses.site.control, {
    status: () => lab.status(),
    break: ({ fault, ...how }) => lab.faults.break(String(fault), how),
    heal: () => lab.faults.heal(),
    down: () => {
      setImmediate(() => void end(0));
      return { ending: true };
    },
  });
  unwanted.signal.addEventListener('abort', () => void end(0));
  if (unwanted.signal.aborted) await end(0);
  return {
    end,
    // What is warmed while the lab ends fails, and that is no failure of the lab.
    warm: () => lab.warm().catch((error: unknown) => (ending ? undefined : Promise.reject(error))),
  };
};

if (unwanted.signal.aborted) process.exit(0);
try {
  claimFolder(run, controlUrl);
} catch (error) {
  // Another lab's: to clear up here would end that one.
  await fail(error);
}
try {
  const lab = await boot();
  await tell({ ready: true });
  // On AWS the probes and the last drill keep functions warm; here the first recovery must not pay for all cold starts at once.
  if (options.pipeline !== false)
    await lab.warm().catch(async (error: unknown) => {
      console.error(error);
      // A lab that is up ends in one way only: two that clear up at once leave a database that nobody knows of.
      await lab.end(1);
    });
} catch (error) {
  await clearRemains(run);
  await fail(error);
}
