/**
 * Entry of a model worker: checks a bundle, opens it, proves itself on its golden samples, warms up, predicts.
 *
 * It runs without any permission; all it has is what the messages bring.
 *
 * @module
 */
import { goldenPictureFile, verify } from "@aisle/shared/bundle";
import { AppError, messageOf } from "@aisle/shared/errors";
import { normalizeText } from "@aisle/shared/features";
import { pictureReader } from "@aisle/shared/images";
import { wasmDecoder } from "@aisle/shared/images_wasm";
import { createPredictor, type Predictor } from "@aisle/shared/serving";
import type { Loaded, ProductContent, Scored, WorkerReply, WorkerRequest } from "./model_port.ts";

/** First runs are several times slower than later ones; after this many they no longer are. */
const WARM_UP_RUNS = 10;
/** About as long as a listing is. */
const WARM_UP_PRODUCT = {
  designation: "warm up 1 of a product with a title of usual length 2",
  description: "and a description that a shop might write for it, in a few dozen words. ".repeat(8),
};

/** Pictures cost far more than texts, and the self-test has run some already. */
const WARM_UP_PICTURES = 3;
/** Without a text, so that no sure text leaves it unread. */
const WARM_UP_PICTURE = {
  designation: "",
  description: "",
  picture: goldenPictureFile({ seed: 1, width: 64, height: 64 }),
};

let predictor: Predictor | null = null;

async function load(request: WorkerRequest & { type: "load" }): Promise<Loaded> {
  const { runtime, pictures } = request.binaries;
  const options = { wasmBinary: runtime, readPixels: pictureReader(wasmDecoder(pictures)) };
  const opened = await createPredictor(verify(request.bytes, request.digest), options);
  const { ok, maxDifference } = await opened.selfTest();
  if (!ok) {
    throw new AppError(
      "bundle-invalid",
      `Cannot serve bundle ${request.digest}: its golden samples differ by ${maxDifference} on this device`,
    );
  }
  for (let run = 0; run < WARM_UP_RUNS; run++) await opened.predict([WARM_UP_PRODUCT]);
  if (opened.manifest.kind === "fused") {
    for (let run = 0; run < WARM_UP_PICTURES; run++) await opened.predict([WARM_UP_PICTURE]);
  }
  predictor = opened;
  const { kind, fused } = opened.manifest;
  const fit = fused?.image.recipe.fit ?? "stretch";
  return { digest: opened.digest, classes: opened.classes, kind, fit, maxDifference };
}

/** Answers, with the texts as the model read them where it says why. */
async function predict(
  predictor: Predictor,
  products: readonly ProductContent[],
): Promise<Scored[]> {
  const scored = await predictor.predict(products);
  return scored.map((answer, i) => {
    if (answer.why === undefined) return answer;
    const { designation, description } = products[i]!;
    const texts = {
      designation: normalizeText(designation),
      description: normalizeText(description),
    };
    return { ...answer, texts };
  });
}

async function reply(request: WorkerRequest): Promise<WorkerReply> {
  const { id } = request;
  try {
    if (request.type === "load") return { id, ok: true, value: await load(request) };
    if (predictor === null) throw new TypeError("a prediction was asked for before a model");
    return { id, ok: true, value: await predict(predictor, request.products) };
  } catch (error) {
    const code = error instanceof AppError ? error.code : null;
    return { id, ok: false, code, message: messageOf(error) };
  }
}

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null;
  postMessage(reply: WorkerReply): void;
};
scope.onmessage = async (event) => scope.postMessage(await reply(event.data));
