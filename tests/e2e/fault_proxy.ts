/**
 * A TCP proxy that harms what passes, by a seed: connections dropped or held up, requests and answers cut in the middle,
 * whole requests sent a second time, later and on a connection of their own (so out of order too).
 *
 * @module
 */
import { rng } from "@aisle/shared/random";

/** What may become of a connection. */
const FATES = ["pass", "pass", "drop", "delay", "cut request", "cut answer", "repeat"] as const;
type Fate = typeof FATES[number];

/** A running proxy; dispose it. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections by what became of them. */
  readonly fates: Readonly<Record<Fate, number>>;
  /** From now on everything passes. */
  heal(): void;
}

/** A kept connection meets one fate only, so none is kept for longer. */
const LIFE_MS = 150;
const MAX_DELAY_MS = 400, MAX_CUT_BYTES = 900;

/** Starts one before 127.0.0.1:`target`. */
export function startFaultProxy(
  target: number,
  options: { readonly seed: number; readonly hostname?: string },
): FaultProxy {
  const random = rng(options.seed);
  const fates = Object.fromEntries(FATES.map((fate) => [fate, 0])) as Record<Fate, number>;
  const listener = Deno.listen({ hostname: options.hostname ?? "127.0.0.1", port: 0 });
  let healed = false;

  async function carry(client: Deno.TcpConn): Promise<void> {
    const fate = healed ? "pass" : FATES[Math.floor(random() * FATES.length)]!;
    fates[fate]++;
    const cutAt = Math.floor(random() * MAX_CUT_BYTES), delayMs = random() * MAX_DELAY_MS;
    if (fate === "drop") return close(client);
    if (fate === "delay") await pause(delayMs);
    const hub = await connect(target);
    if (hub === null) return close(client);
    const end = () => {
      close(client);
      close(hub);
    };
    const seen: Uint8Array[] = [];
    const up = pump(client, hub, fate === "cut request" ? cutAt : Infinity, seen);
    // A hub that was not asked has nothing to say: cutting its first bytes leaves what it stored untold.
    const down = pump(hub, client, fate === "cut answer" ? Math.min(cutAt, 40) : Infinity);
    const timer = setTimeout(end, LIFE_MS + delayMs);
    await Promise.race([up, down]);
    if (fate !== "pass" && fate !== "repeat") end();
    await Promise.all([up, down]);
    clearTimeout(timer);
    end();
    if (fate === "repeat") {
      await pause(delayMs);
      await send(target, seen);
    }
  }

  const accepting = (async () => {
    for await (const client of listener) void carry(client);
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    fates,
    heal: () => {
      healed = true;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
    },
  };
}

/** Copies at most `limit` bytes until either side ends; remembers them in `seen`. */
async function pump(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  limit: number,
  seen: Uint8Array[] = [],
): Promise<void> {
  const buffer = new Uint8Array(16_384);
  try {
    for (let left = limit; left > 0;) {
      const got = await from.read(buffer);
      if (got === null) return;
      const piece = buffer.slice(0, Math.min(got, left));
      seen.push(piece);
      for (let at = 0; at < piece.length;) at += await to.write(piece.subarray(at));
      left -= piece.length;
    }
  } catch {
    // Either side has gone, which is what this is for.
  }
}

/** Sends `pieces` to the hub once more and waits a little for it to take them. */
async function send(target: number, pieces: readonly Uint8Array[]): Promise<void> {
  const hub = await connect(target);
  if (hub === null) return;
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length;) at += await hub.write(piece.subarray(at));
    }
    await pause(MAX_DELAY_MS);
  } catch {
    // The hub was killed meanwhile.
  }
  close(hub);
}

async function connect(port: number): Promise<Deno.TcpConn | null> {
  try {
    return await Deno.connect({ hostname: "127.0.0.1", port });
  } catch {
    return null; // The hub is down
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
