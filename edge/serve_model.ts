/**
 * What a model worker does, wherever its code comes from: checks a bundle, opens it, proves itself on its golden samples,
 * warms up, predicts.
 *
 * @module
 */
import { goldenPictureFile, type OpenBundle, verify } from "@aisle/shared/bundle";
import { AppError, messageOf } from "@aisle/shared/errors";
import { normalizeText } from "@aisle/shared/features";
import type { PictureBinaries } from "@aisle/shared/images_wasm";
import { type Predictor, tookNothing } from "@aisle/shared/serving";
import type {
  Loaded,
  ProductContent,
  Scored,
  WorkerAnswer,
  WorkerQuestion,
  WorkerReply,
  WorkerRequest,
} from "./model_port.ts";

/** Opens a bundle. */
export type Open = (
  bundle: OpenBundle,
  parts: {
    readonly pictures: PictureBinaries | null;
    readonly pictureCacheBytes: number;
    /** Asks the other side for the runtime's WebAssembly. */
    readonly runtime: () => Promise<Uint8Array<ArrayBuffer>>;
  },
) => Promise<Predictor>;

/** The part of a worker's global scope that is used. */
export interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null;
  postMessage(reply: WorkerReply): void;
}

/** First runs are several times slower than later ones; after this many they no longer are. */
const WARM_UP_RUNS = 10;
/** About as long as a listing is. */
const WARM_UP_PRODUCT = {
  designation: "warm up 1 of a product with a title of usual length 2",
  description: "and a description that a shop might write for it, in a few dozen words. ".repeat(8),
};

/** Pictures cost far more than texts, and the self-test has run some already. */
const WARM_UP_PICTURES = 1;
/** Without a text, so that no sure text leaves it unread. */
const WARM_UP_PICTURE = {
  designation: "",
  description: "",
  picture: goldenPictureFile({ seed: 1, width: 64, height: 64 }),
};

/** Serves what comes in over `scope`, the model opened by `open`. */
export function serveModel(scope: WorkerScope, open: Open): void {
  let predictor: Predictor | null = null;
  const asked = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  const runtime = () => {
    scope.postMessage({ id: null, needs: "runtime" });
    return asked.promise;
  };

  async function answer(request: WorkerQuestion): Promise<WorkerAnswer> {
    const { id } = request;
    try {
      if (request.type === "load") {
        const { bytes, digest, pictures, pictureCacheBytes } = request;
        const opened = await open(verify(bytes, digest), { pictures, pictureCacheBytes, runtime });
        const value = await proven(opened);
        predictor = opened;
        return { id, ok: true, value };
      }
      if (predictor === null) throw new TypeError("a prediction was asked for before a model");
      return { id, ok: true, value: await predict(predictor, request.products) };
    } catch (error) {
      const code = error instanceof AppError ? error.code : null;
      return { id, ok: false, code, message: messageOf(error) };
    }
  }

  scope.onmessage = async ({ data }) => {
    if (data.type === "runtime") asked.resolve(data.bytes);
    else scope.postMessage(await answer(data));
  };
}

/** What `opened` is, once it has replayed its golden samples and is warm. @throws {AppError} `bundle-invalid` */
async function proven(opened: Predictor): Promise<Loaded> {
  const { ok, maxDifference } = await opened.selfTest();
  if (!ok) {
    throw new AppError(
      "bundle-invalid",
      `Cannot serve bundle ${opened.digest}: its golden samples differ by ${maxDifference} on this device`,
    );
  }
  for (let run = 0; run < WARM_UP_RUNS; run++) await opened.predict([WARM_UP_PRODUCT]);
  if (opened.manifest.kind === "fused") {
    for (let run = 0; run < WARM_UP_PICTURES; run++) await opened.predict([WARM_UP_PICTURE]);
  }
  const { kind, fused } = opened.manifest;
  const fit = fused?.image.recipe.fit ?? "stretch";
  return { digest: opened.digest, classes: opened.classes, kind, fit, maxDifference };
}

/** Answers, with the texts as the model read them where it says why. */
async function predict(
  predictor: Predictor,
  products: readonly ProductContent[],
): Promise<Scored[]> {
  const took = tookNothing();
  const scored = await predictor.predict(products, took);
  return scored.map((answer, i) => {
    if (answer.why === undefined) return { ...answer, took };
    const { designation, description } = products[i]!;
    const texts = {
      designation: normalizeText(designation),
      description: normalizeText(description),
    };
    return { ...answer, took, texts };
  });
}
