/**
 * The command line's road to the hub: over HTTP to one elsewhere that was named or to the one that runs here, else to
 * one opened in this very process.
 *
 * All answer the same API, so each command is written once. The lock on the data folder tells which of the last two.
 *
 * @module
 */
import { AppError, type ErrorCode, HTTP_STATUS, type Problem } from "@aisle/shared/errors";
import { openHub } from "../hub.ts";
import { acquireLock, type HubLock, readLock } from "../lock.ts";
import { noLog } from "../log.ts";
import type { CommandContext } from "./command.ts";

/** How long a command waits for another one to give the data folder free. */
const LOCK_WAIT_MS = 10 * 60_000;

/** Sends requests to the hub's API. */
export interface HubClient extends AsyncDisposable {
  /** Sends and parses JSON. @throws {AppError} the hub's problem, as it was there */
  json<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Sends and gives the raw answer; problems are thrown as in `json`. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** Opens the road; `await using` closes it. */
export async function connectHub(context: CommandContext): Promise<HubClient> {
  const { config, terminal, signal } = context;
  if (config.remote !== null) return overNetwork(config.remote.url, config.remote.token);
  const deadlineMs = performance.now() + LOCK_WAIT_MS;
  let told = false;
  while (true) {
    const lock = acquireLock(config.dataDir);
    if (lock !== null) return await inProcess(context, lock);
    const holder = await readLock(config.dataDir);
    if (holder?.url) {
      return overNetwork(holder.url, holder.token);
    }
    if (!told) terminal.note("Waiting for another command to finish with this data folder ...");
    told = true;
    if (performance.now() > deadlineMs || signal.aborted) {
      throw new AppError(
        "locked",
        `Cannot open ${config.dataDir}: another command (process ${
          holder?.pid ?? "unknown"
        }) holds it. ` +
          "Wait for it to end, or stop it",
      );
    }
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** The hub at `url`, which may have a path of its own behind a proxy. */
function overNetwork(url: string, token: string): HubClient {
  const base = url.replace(/\/+$/, "");
  return client((path, init) => fetch(`${base}${path}`, init), token, async () => {});
}

async function inProcess(context: CommandContext, lock: HubLock): Promise<HubClient> {
  try {
    const hub = await openHub({
      config: context.config,
      params: await context.params(),
      log: noLog,
      serves: false,
    });
    return client(
      async (path, init) => await hub.app.request(path, init),
      hub.localToken,
      async () => {
        await hub[Symbol.asyncDispose]();
        lock[Symbol.dispose]();
      },
    );
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

function client(
  send: (path: string, init: RequestInit) => Promise<Response>,
  token: string,
  close: () => Promise<void>,
): HubClient {
  const request = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    let response: Response;
    try {
      response = await send(path, { ...init, headers });
    } catch (error) {
      if (error instanceof TypeError) {
        throw new AppError("hub-unreachable", `Cannot reach the hub: ${error.message}`, {
          cause: error,
        });
      }
      throw error;
    }
    if (response.ok) return response;
    throw await problemOf(response);
  };
  return {
    fetch: request,
    async json<T>(method: string, path: string, body?: unknown) {
      const response = await request(path, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      return await response.json() as T;
    },
    [Symbol.asyncDispose]: close,
  };
}

async function problemOf(response: Response): Promise<AppError> {
  const text = await response.text();
  try {
    const { code, detail, details } = JSON.parse(text) as Partial<Problem>;
    if (code !== undefined && code in HTTP_STATUS) {
      return new AppError(code as ErrorCode, detail ?? code, { details });
    }
  } catch { /* not JSON: told below */ }
  return new AppError("internal", `The hub answered ${response.status}: ${text.slice(0, 200)}`);
}
