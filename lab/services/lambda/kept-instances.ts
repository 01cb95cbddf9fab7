import { type Instance, type InstanceOptions, startInstance } from './instance.ts';

/**
 * Processes of functions that outlive their lab: of labs that are begun one after the other on the same addresses, the next one goes on with
 * those that were idle when the last one ended, as on AWS an execution environment lives from one incident to the next. Half of what a lab costs
 * is the start of its functions.
 */
export interface KeptInstances {
  /** One that was kept, of the same function, code, environment and place in the network; else a new one. */
  start(options: InstanceOptions): Instance;
  /** When its lab ends: what is idle. */
  keep(instance: Instance): void;
  /** Of those that wait for the next lab. */
  pids(): number[];
  /** Ends those. */
  end(): Promise<void>;
}

/** The log and its stream are a lab's own; all else has to be alike. */
const likeness = ({ log, environment, ...same }: InstanceOptions): string => {
  const { AWS_LAMBDA_LOG_STREAM_NAME, ...alike } = environment;
  return JSON.stringify({ ...same, environment: alike });
};

export const keepInstances = (): KeptInstances => {
  const kept = new Map<string, Instance[]>();
  const likenesses = new WeakMap<Instance, string>();
  const all = (): Instance[] => [...kept.values()].flat().filter(({ alive }) => alive);
  return {
    start(options) {
      const like = likeness(options);
      const found = kept.get(like)?.pop();
      if (found?.alive) {
        found.takeOver(options.log);
        return found;
      }
      const made = startInstance(options);
      likenesses.set(made, like);
      return made;
    },
    keep(instance) {
      const like = likenesses.get(instance);
      if (like === undefined) throw new Error(`process ${instance.pid} was not started here`);
      kept.set(like, [...(kept.get(like) ?? []), instance]);
    },
    pids: () => all().map(({ pid }) => pid),
    async end() {
      const left = all();
      kept.clear();
      for (const instance of left) instance.kill();
      await Promise.all(left.map(({ gone }) => gone));
    },
  };
};
