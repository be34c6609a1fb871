/**
 * What this edge was asked lately, so that feedback that names only a request can carry its product.
 *
 * Bounded by number and by size; what has fallen out is joined by nobody, and the answer to feedback says so.
 *
 * @module
 */

/** A product as it was predicted, and what was said of it. */
export interface RecentRequest {
  readonly product: {
    readonly designation: string;
    readonly description: string;
    readonly productid: string;
    readonly imageid: string;
  };
  readonly predicted: {
    readonly code: string;
    readonly confidence: number;
    readonly digest: string;
  };
}

/** Bounds of {@linkcode RecentRequests}. */
export interface RecentLimits {
  readonly requests: number;
  /** Characters of text over all of them. */
  readonly chars: number;
}

/** Requests by id, the oldest forgotten first. */
export class RecentRequests {
  #byId = new Map<string, RecentRequest>();
  #chars = 0;
  #limits: RecentLimits;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#byId.size;
  }

  add(requestId: string, request: RecentRequest): void {
    this.#forget(requestId);
    this.#byId.set(requestId, request);
    this.#chars += charsOf(request);
    for (const oldest of this.#byId.keys()) {
      if (this.#byId.size <= this.#limits.requests && this.#chars <= this.#limits.chars) return;
      this.#forget(oldest);
    }
  }

  get(requestId: string): RecentRequest | undefined {
    return this.#byId.get(requestId);
  }

  #forget(requestId: string): void {
    const request = this.#byId.get(requestId);
    if (request === undefined) return;
    this.#byId.delete(requestId);
    this.#chars -= charsOf(request);
  }
}

function charsOf({ product }: RecentRequest): number {
  return product.designation.length + product.description.length;
}
