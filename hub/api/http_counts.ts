/**
 * Counts the hub's requests by route and status, and how long they took, for `/metrics`.
 *
 * Routes are those of the role table, never paths: what strangers ask for must not make labels.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import type { MetricHistogram } from "@aisle/shared/exposition";
import type { HubEnv } from "./context.ts";
import { routeOf } from "./guard.ts";

/** Upper bounds of the histogram of request times, seconds. */
export const REQUEST_BOUNDS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30];

/** Requests of one route that ended in one status. */
export interface RouteCount {
  readonly method: string;
  readonly route: string;
  readonly status: string;
  readonly count: number;
}

/** See the module's note. */
export class HttpCounts {
  readonly #counts = new Map<
    string,
    { method: string; route: string; status: string; n: number }
  >();
  readonly #buckets = new Array<number>(REQUEST_BOUNDS_S.length + 1).fill(0);
  #sum = 0;

  /** Counts every request that passes. */
  readonly middleware: MiddlewareHandler<HubEnv> = async (c, next) => {
    const begun = performance.now();
    try {
      await next();
    } finally {
      const route = routeOf(c);
      const { method } = route ?? { method: "any" };
      this.#add(method, route?.path ?? "none", c.res.status, (performance.now() - begun) / 1000);
    }
  };

  #add(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${route} ${status}`;
    const found = this.#counts.get(key);
    if (found === undefined) {
      this.#counts.set(key, { method, route, status: String(status), n: 1 });
    } else found.n++;
    const bucket = REQUEST_BOUNDS_S.findIndex((bound) => seconds <= bound);
    this.#buckets[bucket < 0 ? REQUEST_BOUNDS_S.length : bucket]!++;
    this.#sum += seconds;
  }

  /** Counts since the start of the process. */
  counts(): RouteCount[] {
    return Array.from(
      this.#counts.values(),
      ({ n, ...labels }) => ({ ...labels, count: n }),
    );
  }

  /** Request times since the start of the process, seconds. */
  durations(): MetricHistogram {
    return { buckets: [...this.#buckets], sum: this.#sum };
  }
}
