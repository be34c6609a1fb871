/**
 * The way out for a server: what is under way is answered, what comes new is sent elsewhere.
 *
 * Deno's own `shutdown()` makes the bodies of requests under way unreadable (2.9.6), so it may only be called once no
 * handler runs any more. Until then the server goes on and answers 503 with `connection: close`, which a proxy or a
 * client takes as "ask another one, or later".
 *
 * @module
 */
import { AppError, problem } from "./errors.ts";

/** Answers requests. */
type Handler = (request: Request) => Response | Promise<Response>;

/** Counts what is under way; see the module's note. */
export class Drain {
  #underWay = 0;
  #draining = false;
  #readyPath: string | null = null;
  #idle: (() => void) | null = null;

  /** `handler`, counted. */
  wrap(handler: Handler): (request: Request) => Promise<Response> {
    return async (request) => {
      if (this.#draining || this.#isAskedWhetherReady(request)) return goElsewhere();
      this.#underWay++;
      try {
        return await handler(request);
      } finally {
        this.#underWay--;
        if (this.#underWay === 0) this.#idle?.();
      }
    };
  }

  /** Says at `path` that it is not ready, and serves on: whoever looks there asks others before this one refuses. */
  announce(path: string): void {
    this.#readyPath = path;
  }

  #isAskedWhetherReady({ url }: Request): boolean {
    return this.#readyPath !== null && new URL(url).pathname === this.#readyPath;
  }

  /** Takes nothing new from now on; whether all that was under way is answered within `ms`. */
  async end(ms: number): Promise<boolean> {
    this.#draining = true;
    if (this.#underWay === 0) return true;
    return await within(ms, new Promise<void>((idle) => this.#idle = idle));
  }
}

/** Whether `work` ended within `ms`. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((done) => timer = setTimeout(() => done(false), ms));
  const ended = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return ended;
}

function goElsewhere(): Response {
  const error = new AppError("not-ready", "Cannot answer: this server is stopping", {
    retryAfterSeconds: 1,
  });
  return Response.json(problem(error, crypto.randomUUID()), {
    status: 503,
    headers: {
      "content-type": "application/problem+json",
      "retry-after": "1",
      connection: "close",
    },
  });
}
