/**
 * The port of the edge, opened again when the machine runs out of open files.
 *
 * Deno's server ends for good when it cannot accept a connection (2.9.6), so that a crowd of idle connections would end
 * the edge. How many there may be is the process's limit of open files; only a proxy in front can set a lower one.
 *
 * @module
 */
import { messageOf } from "@aisle/shared/errors";
import type { Log } from "./log.ts";
import { backoffMs, type Clock } from "./waiting.ts";

/** Answers requests. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** A server as `Deno.serve` gives one. */
export interface Server {
  readonly addr: Deno.NetAddr;
  readonly finished: Promise<void>;
  shutdown(): Promise<void>;
}

/** What {@linkcode keepListening} needs. */
export interface ListenerDeps {
  /** Opens the port; 0 only the first time. @throws where it cannot be had */
  readonly open: (port: number) => Server;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A port that stays open until it is told otherwise. */
export interface Listener {
  readonly addr: Deno.NetAddr;
  /** Takes no more connections; settles when those under way have ended. */
  shutdown(): Promise<void>;
}

/** Wait before the port is opened again: connections have to end first. */
const REOPEN_BACKOFF = { firstMs: 100, maxMs: 2_000 };
/** A server that lived longer has nothing to do with the failure before. */
const FORGIVEN_MS = 10_000;

/** Opens the port and keeps it open. @throws what `open` throws the first time */
export function keepListening({ open, port, clock, log }: ListenerDeps): Listener {
  const stop = new AbortController();
  let server: Server | null = open(port);
  const { addr } = server;

  async function watch(): Promise<void> {
    let failures = 0;
    while (!stop.signal.aborted) {
      const openedMs = clock.monotonicMs();
      try {
        server ??= open(addr.port);
        await server.finished;
        return;
      } catch (error) {
        server = null;
        if (stop.signal.aborted) return;
        failures = clock.monotonicMs() - openedMs > FORGIVEN_MS ? 1 : failures + 1;
        log("error", "cannot take connections, opening the port again", {
          reason: messageOf(error),
        });
        await clock.sleep(backoffMs(failures, REOPEN_BACKOFF, clock.random()), stop.signal);
      }
    }
  }
  const watching = watch();
  return {
    addr,
    async shutdown() {
      stop.abort();
      await server?.shutdown();
      await watching;
    },
  };
}
