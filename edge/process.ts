/**
 * The edge's process: reads the environment, opens what the machine has, serves until it is told to stop.
 *
 * With the entries that say what models run on, the only module of the edge that touches the machine.
 *
 * @module
 */
import { keyIdOf } from "@aisle/shared/bundle";
import { Drain, within } from "@aisle/shared/drain";
import { AppError, messageOf } from "@aisle/shared/errors";
import { readPictureHeader } from "@aisle/shared/images";
import { type EdgeConfig, edgeConfig } from "./config.ts";
import { startEdge } from "./edge.ts";
import { type Keep, memoryKeep, openKeep } from "./keep.ts";
import { guarded } from "./guard.ts";
import { type Handler, keepListening, type Server } from "./listener.ts";
import { jsonLog, type Log } from "./log.ts";
import type { ModelWorker, WorkerOptions } from "./model_port.ts";
import { systemClock } from "./waiting.ts";

/** Taken out of every line, should an error ever say one. */
const secrets: string[] = [];
const hide = (line: string) =>
  secrets.reduce((left, secret) => left.replaceAll(secret, "[redacted]"), line);
const log = jsonLog((line) => console.log(hide(line)), systemClock.now);

/** How long what is under way may take once the edge stops, and the same again for what it still tells the hub. */
const DRAIN_MS = 10_000;
/** How long answers may take to be sent. */
const SEND_MS = 2_000;

async function serve(openWorkers: OpenWorkers): Promise<void> {
  const config = edgeConfig((name) => Deno.env.get(name));
  secrets.push(config.token);
  const edgeId = config.edgeId ?? await keptEdgeId(config);
  const keep = await keepOf(config, edgeId);
  const startWorker = await openWorkers({ pictureCacheBytes: config.featureCacheBytes });
  const edge = await startEdge({
    config,
    edgeId,
    keep,
    startWorker,
    fetch,
    checkPicture: readPictureHeader,
    clock: systemClock,
    newId: () => crypto.randomUUID(),
    residentBytes: () => Deno.memoryUsage().rss,
    log,
  });
  const drain = new Drain();
  const handler = drain.wrap(guarded(edge.app.fetch, { maxRequests: config.maxRequests }));
  const server = keepListening({
    open: (port) => listen({ ...config, port }, handler, log),
    port: config.port,
    clock: systemClock,
    log,
  });
  const { hostname, port } = server.addr;
  log("info", "edge listening", {
    url: `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`,
    edgeId,
    catalogue: config.catalogue,
    hub: config.hubUrl.href,
    persistent: keep.persistent,
  });
  let stopping = false;
  const stop = async (signal: string) => {
    // A second signal does not wait.
    if (stopping) Deno.exit(130);
    stopping = true;
    log("info", "edge stopping", { signal });
    drain.announce("/readyz");
    await systemClock.sleep(config.stopDelayMs);
    const drained = await drain.end(DRAIN_MS);
    await within(SEND_MS, server.shutdown());
    await within(DRAIN_MS, edge.close());
    log(drained ? "info" : "warn", "edge stopped", { drained });
    Deno.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void stop(signal));
  }
}

/** @throws {AppError} `usage` for an address that cannot be had */
function listen(
  config: EdgeConfig,
  handler: Handler,
  log: Log,
): Server {
  try {
    return Deno.serve({
      port: config.port,
      hostname: config.host,
      onListen: () => {},
      onError: (error) => {
        log("error", "request broke", { reason: messageOf(error) });
        return new Response(null, { status: 500 });
      },
    }, handler);
  } catch (error) {
    const address = `${config.host}:${config.port}`;
    const why = error instanceof Deno.errors.AddrInUse
      ? "the port is taken. Set EDGE_PORT to a free one"
      : messageOf(error);
    throw new AppError("usage", `Cannot listen on ${address}: ${why}`, { cause: error });
  }
}

/** What survives a restart; one for each edge, catalogue and key, so that none reads what is another's. */
async function keepOf(config: EdgeConfig, edgeId: string): Promise<Keep> {
  if (config.cache === "memory") return memoryKeep();
  // The first: while a second is added behind it, what is kept stays
  const raw = Uint8Array.from(atob(config.publicKeys[0]!), (char) => char.charCodeAt(0));
  const name = `aisle-edge ${edgeId} ${config.catalogue} ${keyIdOf(raw)}`;
  return await openKeep(caches, name, { clear: config.cache === "clear", onMemory });
}

/** The id that this machine's edge on this port gave itself at its first start. */
async function keptEdgeId(config: EdgeConfig): Promise<string> {
  const made = `edge-${config.port}-${crypto.randomUUID().slice(0, 8)}`;
  if (config.cache === "memory") return made;
  const keep = await openKeep(caches, "aisle-edge identities", { onMemory });
  const name = `port/${config.port}`;
  const kept = await keep.get(name);
  if (kept !== null) return new TextDecoder().decode(kept);
  await keep.put(name, new TextEncoder().encode(made));
  return made;
}

function onMemory(error: unknown): void {
  log("warn", "nothing will be kept over a restart: the Web Cache API does not work here", {
    reason: messageOf(error),
  });
}

/** Reads what workers need, and gives what starts one. */
export type OpenWorkers = (options: WorkerOptions) => Promise<() => ModelWorker>;

/** Serves until the process is told to stop; what keeps it from starting ends it. */
export async function runEdgeProcess(openWorkers: OpenWorkers): Promise<void> {
  try {
    await serve(openWorkers);
  } catch (error) {
    const known = error instanceof AppError;
    // For a person at a terminal, not for a collector of logs: nothing runs yet.
    console.error(known ? error.message : error);
    Deno.exit(known && error.code === "usage" ? 2 : 1);
  }
}
