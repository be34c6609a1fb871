/**
 * What this edge was asked lately, so that feedback that names only a request can carry its product.
 *
 * Bounded by number and by size; what has fallen out is joined by nobody, and the answer to feedback says so.
 * Pictures have a bound of their own, and fall out before their texts do.
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
    /** The file's bytes, as they were predicted; null where there was none. */
    readonly picture: Uint8Array<ArrayBuffer> | null;
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
  /** Bytes of pictures over all of them. */
  readonly pictureBytes: number;
}

/** Requests by id, the oldest forgotten first. */
export class RecentRequests {
  #byId = new Map<string, RecentRequest>();
  /** The pictures of those that still have theirs, the oldest first. */
  #pictures = new Map<string, Uint8Array<ArrayBuffer>>();
  #chars = 0;
  #pictureBytes = 0;
  #limits: RecentLimits;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#byId.size;
  }

  add(requestId: string, request: RecentRequest): void {
    this.#forget(requestId);
    const { picture, ...texts } = request.product;
    this.#byId.set(requestId, { ...request, product: { ...texts, picture: null } });
    this.#chars += charsOf(request);
    if (picture !== null) this.#keep(requestId, picture);
    for (const oldest of this.#byId.keys()) {
      if (this.#byId.size <= this.#limits.requests && this.#chars <= this.#limits.chars) return;
      this.#forget(oldest);
    }
  }

  get(requestId: string): RecentRequest | undefined {
    const request = this.#byId.get(requestId);
    const picture = this.#pictures.get(requestId);
    if (request === undefined || picture === undefined) return request;
    return { ...request, product: { ...request.product, picture } };
  }

  #keep(requestId: string, picture: Uint8Array<ArrayBuffer>): void {
    this.#pictures.set(requestId, picture);
    this.#pictureBytes += picture.length;
    for (const oldest of this.#pictures.keys()) {
      if (this.#pictureBytes <= this.#limits.pictureBytes) return;
      this.#forgetPicture(oldest);
    }
  }

  #forget(requestId: string): void {
    const request = this.#byId.get(requestId);
    if (request === undefined) return;
    this.#byId.delete(requestId);
    this.#forgetPicture(requestId);
    this.#chars -= charsOf(request);
  }

  #forgetPicture(requestId: string): void {
    this.#pictureBytes -= this.#pictures.get(requestId)?.length ?? 0;
    this.#pictures.delete(requestId);
  }
}

function charsOf({ product }: RecentRequest): number {
  return product.designation.length + product.description.length;
}
