/**
 * A model worker for tests: the "bundle" is JSON that names its classes, the guess is the class whose code stands in
 * the designation, or else in the picture's bytes.
 *
 * Texts with a meaning: `crash` kills the worker, `hang` never answers, `throw` fails. A picture of the text `broken`
 * does not decode.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import type { Loaded, ModelWorker, ProductContent, Scored } from "../model_port.ts";

/** A "bundle" for {@linkcode FakeWorker}; `padding` makes it larger. */
export function fakeBundle(
  classes: readonly string[],
  { padding = 0, broken = false, kind = "text" }: {
    padding?: number;
    broken?: boolean;
    kind?: Loaded["kind"];
  } = {},
): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(
    JSON.stringify({ classes, broken, kind, padding: "x".repeat(padding) }),
  );
}

/** See the module. */
export class FakeWorker implements ModelWorker {
  /** Workers made and not closed. */
  static alive = 0;
  readonly #died = Promise.withResolvers<string>();
  readonly #latencyMs: number;
  readonly #ended = Promise.withResolvers<never>();
  #classes: readonly string[] = [];
  #kind: Loaded["kind"] = "text";
  #closed = false;
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(latencyMs = 0) {
    this.#latencyMs = latencyMs;
    this.#ended.promise.catch(() => {});
    FakeWorker.alive++;
  }

  get died(): Promise<string> {
    return this.#died.promise;
  }

  load(bytes: Uint8Array<ArrayBuffer>, digest: string): Promise<Loaded> {
    if (sha256(bytes) !== digest) {
      return Promise.reject(new AppError("bundle-invalid", "its digest is another"));
    }
    const { classes, broken, kind } = JSON.parse(new TextDecoder().decode(bytes));
    if (broken) return Promise.reject(new AppError("bundle-invalid", "its self-test fails"));
    this.#classes = classes;
    this.#kind = kind;
    return Promise.resolve({ digest, classes, kind, fit: "stretch", maxDifference: 0 });
  }

  async predict(products: readonly ProductContent[]): Promise<readonly Scored[]> {
    if (this.#busy) throw new Error("two calls at once");
    this.#busy = true;
    try {
      return await Promise.race([this.#predict(products), this.#ended.promise]);
    } finally {
      this.#busy = false;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    FakeWorker.alive--;
    clearTimeout(this.#timer);
    this.#ended.reject(new Error("closed"));
  }

  /** Dies on its own. */
  die(reason: string): void {
    this.close();
    this.#died.resolve(reason);
  }

  async #predict(products: readonly ProductContent[]): Promise<readonly Scored[]> {
    await new Promise((resolve) => this.#timer = setTimeout(resolve, this.#latencyMs));
    if (products.some((p) => p.designation === "hang")) await new Promise(() => {});
    if (products.some((p) => p.designation === "throw")) throw new Error("thrown");
    if (products.some((p) => p.designation === "crash")) {
      this.die("crashed");
      throw new Error("crashed");
    }
    return products.map((product) => this.#scored(product));
  }

  #scored({ designation, picture: bytes, everyClass }: ProductContent): Scored {
    const find = (text: string) => this.#classes.findIndex((code) => text.includes(code));
    const said = find(designation);
    const seen = this.#kind === "text" || bytes == null || said >= 0
      ? null
      : new TextDecoder().decode(bytes);
    const found = said >= 0 || seen === null ? said : find(seen);
    const top = { index: Math.max(0, found), confidence: found < 0 ? 0.4 : 0.9 };
    const route = seen === null ? "text" : designation === "" ? "image" : "fused";
    const picture = bytes == null
      ? "none"
      : seen === null
      ? "skipped"
      : seen === "broken"
      ? "invalid"
      : "used";
    return {
      top: [top],
      confidence: top.confidence,
      decision: top.confidence > 0.5 ? "auto" : "review",
      route,
      picture,
      ...(everyClass === true
        ? {
          confidences: Float32Array.from(
            this.#classes,
            (_, i) => i === top.index ? top.confidence : 0.1 / 10,
          ),
        }
        : {}),
      branches: { text: null, image: null, fused: null, [route]: top },
      ...(seen === "broken" ? { pictureProblem: "it does not decode" } : {}),
    };
  }
}
