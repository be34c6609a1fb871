/**
 * Sends what waits in the outbox of webhooks: signed, to checked addresses, again and again until it is taken.
 *
 * A message is claimed before it is sent, so that hubs on one database share the work. At least once: a hub that
 * dies between an answer and noting it leaves the message to fall due again, under the same delivery id.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import http from "node:http";
import https from "node:https";
import { messageOf } from "@aisle/shared/errors";
import type { Log } from "../log.ts";
import type { Registry } from "../registry/registry.ts";
import type { DueDelivery } from "../registry/webhooks.ts";
import { checkAddress, type CheckedAddress, type Resolve } from "./address_guard.ts";
import { DELIVERY_HEADER, SIGNATURE_HEADER, signBody } from "./signature.ts";

/** What a {@linkcode WebhookSender} works with. */
export interface SenderDeps {
  readonly registry: Registry;
  /** Hosts that may be internal. */
  readonly allowed: readonly string[];
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Numbers in [0, 1), for the waits between attempts. */
  readonly random: () => number;
  /** The system's resolver when absent. */
  readonly resolve?: Resolve;
  readonly timeoutMs?: number;
}

const EVERY_MS = 2_000;
const AT_ONCE = 200;
const TIMEOUT_MS = 10_000;
/** How long a message is one sender's: longer than looking up its address and the time-out together. */
const LEASE_MS = 60_000;
/** Waits after the attempts: 10 s, 40 s, 160 s, ... up to 6 h; nine attempts take about a day. */
const FIRST_WAIT_MS = 10_000, WAIT_FACTOR = 4, LONGEST_WAIT_MS = 6 * 3_600_000, ATTEMPTS = 9;

/** Addresses of a name, as the system's own connections find them. */
export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** See the module's note. */
export class WebhookSender implements AsyncDisposable {
  readonly #deps: SenderDeps;
  #timer: ReturnType<typeof setInterval> | undefined;
  #sending: Promise<void> | null = null;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
  }

  /** Looks every other second whether something is due. */
  start(): void {
    this.#timer = setInterval(() => void this.sendDue(), EVERY_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending;
  }

  /** Sends what is due; webhooks do not wait for each other. What fails is logged, and tried again later. */
  sendDue(): Promise<void> {
    this.#sending ??= this.#sendDue().catch((error) => {
      this.#deps.log("error", "webhooks failed", { error: messageOf(error) });
    }).finally(() => this.#sending = null);
    return this.#sending;
  }

  async #sendDue(): Promise<void> {
    const due = await this.#deps.registry.webhooks.due(AT_ONCE);
    const byWebhook = Map.groupBy(due, ({ webhook }) => webhook);
    await Promise.all(
      Array.from(byWebhook.values(), async (messages) => {
        // One that does not answer now will not answer the next one either.
        for (const message of messages) if (!await this.#send(message)) break;
      }),
    );
  }

  /** Whether the next message to the same webhook may follow. */
  async #send(message: DueDelivery): Promise<boolean> {
    const { registry, log, now } = this.#deps;
    if (!await registry.webhooks.claim(message, LEASE_MS)) return true;
    let status: number | null = null, error: string;
    try {
      status = await this.#post(message);
      if (status >= 200 && status < 300) {
        await registry.webhooks.settle(message.id, { ok: true, status });
        return true;
      }
      error = `it answered ${status}`;
    } catch (problem) {
      error = withoutAddress(messageOf(problem), message.url);
    }
    const attempt = message.attempts + 1;
    const nextAt = attempt >= ATTEMPTS
      ? null
      : new Date(now() + this.#waitMs(attempt)).toISOString();
    await registry.webhooks.settle(message.id, { ok: false, status, error, nextAt });
    log("warn", nextAt === null ? "webhook given up" : "webhook failed, it is tried again", {
      webhook: message.webhook,
      delivery: message.id,
      attempt,
      error,
    });
    return false;
  }

  /** Full jitter on the upper half, so that many hubs do not come back at once. */
  #waitMs(attempt: number): number {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * WAIT_FACTOR ** (attempt - 1));
    return wait * (0.5 + this.#deps.random() / 2);
  }

  async #post({ id, url, body, secret }: DueDelivery): Promise<number> {
    const { allowed, now, resolve = systemResolve, timeoutMs = TIMEOUT_MS } = this.#deps;
    const checked = await checkAddress(url, allowed, resolve);
    const signature = await signBody(secret, body, now());
    return await post(checked, body, {
      "content-type": "application/json",
      "user-agent": "aisle-hub",
      [SIGNATURE_HEADER]: signature,
      [DELIVERY_HEADER]: id,
    }, timeoutMs);
  }
}

/** Posts to the very address that was checked; redirects are not followed, the answer's body is not read. */
function post(
  { url, address }: CheckedAddress,
  body: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<number> {
  const { request } = url.protocol === "https:" ? https : http;
  const family = address.includes(":") ? 6 : 4;
  const done = Promise.withResolvers<number>();
  const sent = request({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? undefined : Number(url.port),
    path: url.pathname + url.search,
    method: "POST",
    headers: { ...headers, "content-length": String(new TextEncoder().encode(body).length) },
    agent: false,
    lookup: (_host: string, options: { all?: boolean }, found: LookedUp) =>
      options.all === true ? found(null, [{ address, family }]) : found(null, address, family),
  }, (answer) => {
    done.resolve(answer.statusCode ?? 0);
    sent.destroy();
  });
  const clock = setTimeout(() => {
    done.reject(new Error(`it did not answer within ${timeoutMs} ms`));
    sent.destroy();
  }, timeoutMs);
  sent.on("error", (error: Error) => done.reject(error));
  sent.end(body);
  return done.promise.finally(() => clearTimeout(clock));
}

type LookedUp = (
  error: null,
  address: string | { address: string; family: number }[],
  family?: number,
) => void;

/** Messages of the system may repeat an address, whose path may be a secret. */
function withoutAddress(message: string, url: string): string {
  const { origin, pathname, search } = new URL(url);
  const path = pathname + search;
  return message.replaceAll(url, origin).replaceAll(path === "/" ? url : path, "/…").slice(0, 300);
}
