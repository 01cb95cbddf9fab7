import { createConnection, createServer, type Socket } from 'node:net';
import type { Address } from '#lab/addresses.ts';
import type { Log, Part } from '#lab/contract.ts';

/** `stall`: packets vanish, nobody is told, as when a route is lost. `reset`: connections break, and so does each new one at once. */
export type CutMode = 'stall' | 'reset';

export interface Wan extends Part {
  readonly address: Address;
  /** One-way delay in real milliseconds; holds for what arrives from now on. */
  setDelay(ms: number): void;
  cut(mode?: CutMode): void;
  /** The link works again. Stalled connections are reset: what they had sent is lost, as after a real outage. */
  heal(): void;
  /** undefined while the link works. */
  cutMode(): CutMode | undefined;
  counters(): { readonly connections: number; readonly toTarget: number; readonly fromTarget: number };
}

/** Bytes a direction may hold in flight before the sender is slowed down. */
const MAX_IN_FLIGHT = 8 * 1024 * 1024;

/**
 * The link between the regions: a TCP proxy that delays, cuts and heals. `target` is asked at each connection, so that the
 * link can point to another server after a change of roles.
 */
export const createWan = async ({
  listen,
  target,
  delayMs = 0,
  log,
}: {
  listen: Address;
  target: () => Address;
  delayMs?: number;
  log: Log;
}): Promise<Wan> => {
  let delay = delayMs;
  let cut: CutMode | undefined;
  let connections = 0;
  const bytes = { toTarget: 0, fromTarget: 0 };
  const sockets = new Set<Socket>();
  const lines = new Set<DelayLine>();

  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };

  const pipe = (from: Socket, to: Socket, counter: 'toTarget' | 'fromTarget'): void => {
    let inFlight = 0;
    const line = createDelayLine(() => delay);
    lines.add(line);
    const later = line.push;
    from.on('data', (chunk) => {
      if (cut !== undefined) return;
      inFlight += chunk.length;
      if (inFlight > MAX_IN_FLIGHT) from.pause();
      later(() => {
        inFlight -= chunk.length;
        if (cut !== undefined || to.destroyed) return;
        bytes[counter] += chunk.length;
        to.write(chunk);
        if (from.isPaused() && inFlight < MAX_IN_FLIGHT / 2) from.resume();
      });
    });
    from.on('end', () => {
      later(() => {
        if (cut === undefined) to.end();
      });
    });
    from.on('close', () => {
      later(() => {
        lines.delete(line);
        if (cut === undefined) to.destroy();
      });
    });
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    track(client);
    if (cut === 'reset') return void client.resetAndDestroy();
    // While stalled the connection opens (the proxy's kernel answers) and then nothing moves.
    client.on('data', () => {});
    if (cut === 'stall') return;
    connections += 1;
    const upstream = createConnection({ ...target(), allowHalfOpen: true });
    track(upstream);
    upstream.once('error', (error) => {
      log('wan', 'the target refused a connection', { error: error.message });
      client.resetAndDestroy();
    });
    client.removeAllListeners('data');
    pipe(client, upstream, 'toTarget');
    pipe(upstream, client, 'fromTarget');
  });
  const resetAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(listen.port, listen.host, resolve));

  return {
    address: listen,
    setDelay(ms) {
      delay = ms;
    },
    cut(mode = 'stall') {
      cut = mode;
      log('wan', `link cut (${mode})`);
      if (mode === 'reset') resetAll();
    },
    heal() {
      if (cut === undefined) return;
      resetAll();
      cut = undefined;
      log('wan', 'link healed');
    },
    cutMode: () => cut,
    counters: () => ({ connections, ...bytes }),
    async stop() {
      for (const line of lines) line.clear();
      lines.clear();
      resetAll();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

interface DelayLine {
  push(action: () => void): void;
  clear(): void;
}

/** Runs actions in their order, each when its delay is over; a smaller delay never lets one overtake another. */
const createDelayLine = (delayMs: () => number): DelayLine => {
  const queue: { due: number; action: () => void }[] = [];
  let timer: NodeJS.Timeout | undefined;

  const drain = (): void => {
    timer = undefined;
    for (;;) {
      const first = queue[0];
      if (first === undefined) return;
      const wait = first.due - performance.now();
      if (wait > 0.5) {
        timer = setTimeout(drain, wait);
        return;
      }
      queue.shift();
      first.action();
    }
  };

  return {
    push(action) {
      const delay = delayMs();
      if (delay <= 0 && queue.length === 0) return action();
      queue.push({ due: Math.max(performance.now() + delay, queue.at(-1)?.due ?? 0), action });
      timer ??= setTimeout(drain, delay);
    },
    clear() {
      clearTimeout(timer);
      queue.length = 0;
    },
  };
};
