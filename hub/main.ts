/**
 * Serves the hub: API, dashboard, jobs and clock, until it is told to stop.
 *
 * @module
 */
import { Drain, within } from "@aisle/shared/drain";
import { AppError, problem } from "@aisle/shared/errors";
import { PROBLEM_JSON } from "./api/problems.ts";
import type { HubConfig } from "./config.ts";
import { type Hub, openHub } from "./hub.ts";
import { acquireLock, readLock } from "./lock.ts";
import { createLog } from "./log.ts";
import type { Params } from "./params.ts";
import { Scheduler } from "./scheduler/scheduler.ts";

/** What a started hub tells its starter. */
export interface HubAddress {
  readonly url: string;
  /** Shown once, when the hub starts for the first time; null later. */
  readonly adminToken: string | null;
  /** File with what an edge on this machine needs. */
  readonly edgeEnvFile: string;
}

/** Options of {@linkcode serveHub}. */
export interface ServeHubOptions {
  readonly config: HubConfig;
  readonly params: Params;
  readonly signal: AbortSignal;
  readonly onReady: (address: HubAddress) => void;
}

/**
 * Serves until `signal` aborts; then stops accepting, lets requests end (10 seconds at most) and gives running jobs
 * back to the queue (30 seconds at most: see `JobRunner`).
 *
 * @throws {AppError} `locked` when another process has the data folder; `usage` when the port is taken
 */
export async function serveHub(options: ServeHubOptions): Promise<void> {
  const { config, params, signal } = options;
  using lock = acquireLock(config.dataDir);
  if (lock === null) {
    const holder = await readLock(config.dataDir);
    throw new AppError(
      "locked",
      `Cannot start the hub: ${config.dataDir} belongs to process ${holder?.pid ?? "unknown"}` +
        (holder?.url ? `, which serves ${holder.url}` : "") +
        ". Stop it, or set AISLE_DATA to another folder",
    );
  }
  const log = createLog(config.logLevel);
  // Bound before anything is opened, so that a taken port is told at once.
  let hub: Hub | null = null;
  const drain = new Drain();
  const server = listen(
    config,
    drain.wrap((request) => hub === null ? startingAnswer() : hub.app.fetch(request)),
  );
  try {
    await using opened = await openHub({
      config,
      params,
      log,
      serves: true,
      stopping: signal,
    });
    const url = `http://${urlHost(config.host)}:${server.addr.port}`;
    const secrets = await firstStart(opened, config, url);
    lock.announce({ pid: Deno.pid, url, token: opened.localToken });
    using scheduler = new Scheduler({
      backsUp: config.backupDir !== undefined,
      registry: opened.registry,
      jobs: opened.jobs,
      params,
      log,
      now: Date.now,
    });
    await scheduler.start();
    opened.watcher.start();
    opened.webhooks.start();
    hub = opened;
    log("info", "hub serves", { url, data: config.dataDir });
    options.onReady({ url, ...secrets });
    await new Promise<void>((stop) => {
      if (signal.aborted) stop();
      signal.addEventListener("abort", () => stop(), { once: true });
    });
    log("info", "hub stops");
    // At once: nothing new is taken, event streams end (`stopping`), the running job is asked to stop.
    const [drained] = await Promise.all([
      drain.end(DRAIN_MS),
      opened.jobs[Symbol.asyncDispose](),
    ]);
    await within(SEND_MS, server.shutdown());
    log(drained ? "info" : "warn", "hub stopped", { drained });
  } finally {
    await within(100, server.shutdown());
  }
}

/** How long requests under way may take once the hub stops. */
const DRAIN_MS = 10_000;
/** How long their answers may take to be sent. */
const SEND_MS = 2_000;

/** What is answered before there is an app. */
function startingAnswer(): Response {
  const error = new AppError("not-ready", "Cannot answer yet: the hub is starting");
  return Response.json(problem(error, crypto.randomUUID()), {
    status: error.status,
    headers: { "content-type": PROBLEM_JSON, "retry-after": "1" },
  });
}

function listen(
  config: HubConfig,
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname: config.host, port: config.port, onListen: () => {} }, handler);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new AppError(
        "usage",
        `Cannot start the hub: port ${config.port} of ${config.host} is taken. ` +
          "Stop what uses it, or choose another with --port or HUB_PORT",
      );
    }
    throw error;
  }
}

/** Makes the first admin token and what a local edge needs; later only refreshes the edge's file. */
async function firstStart(
  hub: Hub,
  config: HubConfig,
  url: string,
): Promise<Pick<HubAddress, "adminToken" | "edgeEnvFile">> {
  const edgeEnvFile = `${config.dataDir}/edge.env`;
  const tokens = await hub.registry.tokens.list();
  const adminToken = tokens.some((token) => token.role === "admin")
    ? null
    : (await hub.registry.tokens.create({ name: "first admin", role: "admin" })).token;
  let edgeToken = (await readEnvFile(edgeEnvFile))["EDGE_TOKEN"];
  if (edgeToken === undefined || !await counts(hub, edgeToken)) {
    edgeToken =
      (await hub.registry.tokens.create({ name: "edges of this machine", role: "edge" })).token;
  }
  const text = `EDGE_HUB_URL=${url}\nEDGE_TOKEN=${edgeToken}\nEDGE_PUBLIC_KEY=${hub.publicKey}\n`;
  await Deno.writeTextFile(edgeEnvFile, text, { mode: 0o600 });
  return { adminToken, edgeEnvFile };
}

/** Whether somebody may still come with `token`. */
async function counts(hub: Hub, token: string): Promise<boolean> {
  try {
    return await hub.registry.tokens.verify(token) !== null;
  } catch (error) {
    if (error instanceof AppError && error.code === "token-expired") return false;
    throw error;
  }
}

/** The `NAME=value` lines of a file; none where there is no file. */
export async function readEnvFile(file: string): Promise<Record<string, string>> {
  try {
    const lines = (await Deno.readTextFile(file)).split("\n");
    return Object.fromEntries(
      lines.map((line) => /^(\w+)=(.*)$/.exec(line)).filter((m) => m !== null).map((
        m,
      ) => [m[1]!, m[2]!]),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** An address that a client can use: wildcard hosts become loopback. */
function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
