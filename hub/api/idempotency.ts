/**
 * `Idempotency-Key`: a POST that comes again with the same key gets the answer of before, and nothing is done twice.
 *
 * Duplicates at the same time wait for the first. What fails before it has changed anything gives its key free.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { hasher } from "@aisle/shared/hash";
import type { MiddlewareHandler } from "hono";
import type { KeptAnswer, KeyName } from "../registry/idempotency.ts";
import type { HubContext, HubEnv } from "./context.ts";
import { routeOf } from "./guard.ts";
import { accessOf } from "./roles.ts";

/** Name of the header. */
export const IDEMPOTENCY_KEY = "idempotency-key";
/** Set on answers that are those of an earlier request. */
export const REPLAYED = "idempotency-replayed";

/**
 * Replays answers to keys that are known; does nothing for requests without a key. `resumes` are the routes that start
 * a job and do nothing else: a job is queued once for a key, so they may be done again after a crash.
 */
export function replayAnswers(resumes: ReadonlySet<string>): MiddlewareHandler<HubEnv> {
  const boot = crypto.randomUUID(), running = new Map<string, Promise<void>>();
  return async (c, next) => {
    const key = c.req.header(IDEMPOTENCY_KEY);
    if (key === undefined || !takesKey(c)) return await next();
    if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
      throw new AppError(
        "input-invalid",
        `Cannot take the header Idempotency-Key: it must be 1 to 200 visible ASCII characters: ` +
          `current length is ${key.length}`,
      );
    }
    const name: KeyName = { holder: c.get("principal")?.tokenId ?? "local", key };
    const request = await digestOf(c), { idempotency } = c.get("hub").registry;
    const id = `${name.holder} ${key}`;
    while (running.has(id)) await running.get(id);
    const { promise, resolve } = Promise.withResolvers<void>();
    running.set(id, promise);
    try {
      const route = routeOf(c)!;
      const claim = await idempotency.claim(name, {
        request,
        boot,
        resumes: resumes.has(`${route.method} ${route.path}`),
      });
      if (claim.state === "answered") return replay(claim.answer, key);
      if (claim.state !== "claimed") throw refusal(claim.state, key);
      c.set("jobKey", `request ${id} ${claim.since}`);
      await next();
      if (c.res.status < 400) return await idempotency.finish(name, await keep(c));
      // A bug may have struck halfway: such a key stays taken. What the hub refused has changed nothing.
      if (c.res.status !== 500) await idempotency.release(name);
    } finally {
      running.delete(id);
      resolve();
    }
  };
}

/** Whether the route takes a key: the API's own POSTs by people. Edges' and MLflow's have keys of their own. */
function takesKey(c: HubContext): boolean {
  const route = routeOf(c);
  return c.req.method === "POST" && route !== null && route.path.startsWith("/api/v1/") &&
    accessOf(route.method, route.path) !== "edge";
}

async function digestOf(c: HubContext): Promise<string> {
  const url = new URL(c.req.url), hash = hasher();
  hash.update(new TextEncoder().encode(`${c.req.method} ${url.pathname}${url.search}\n`));
  hash.update(new Uint8Array(await c.req.arrayBuffer()));
  return hash.hex();
}

async function keep(c: HubContext): Promise<KeptAnswer> {
  const headers: Record<string, string> = {};
  for (const header of ["content-type", "location", "etag"]) {
    const value = c.res.headers.get(header);
    if (value !== null) headers[header] = value;
  }
  const body = c.get("answerIsSecret") ? null : await c.res.clone().text();
  return { status: c.res.status, headers, body };
}

function replay({ status, headers, body }: KeptAnswer, key: string): Response {
  if (body !== null) {
    return new Response(body, { status, headers: { ...headers, [REPLAYED]: "true" } });
  }
  throw new AppError(
    "conflict",
    `Cannot answer the key ${key} again: it was done, and its answer held a secret, which is shown once. ` +
      "Rotate the token to get another",
  );
}

function refusal(state: "running" | "reused" | "unknown", key: string): AppError {
  if (state === "reused") {
    return new AppError(
      "key-reused",
      `Cannot take the key ${key}: it came with another request within the last 24 hours`,
    );
  }
  return new AppError(
    "outcome-unknown",
    `Cannot tell whether the request with the key ${key} was done: the hub stopped in the midst of it. ` +
      "Look, then send it with a new key if it was not",
  );
}
