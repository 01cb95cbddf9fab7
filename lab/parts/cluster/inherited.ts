/** `CONTINUITY_LAB` marks every process of a lab: the next start finds by it what a killed lab left. */
const NAMES = ['PATH', 'CONTINUITY_LAB'];

/** What a child gets of this process's environment: nothing else of a person's shell reaches the application. */
export const inherited = (): Record<string, string> =>
  Object.fromEntries(
    NAMES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name] ?? '']])),
  );
