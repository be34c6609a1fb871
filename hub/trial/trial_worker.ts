/**
 * Entry of a trial's worker: opens bundles through the code that edges serve with, and scores single products.
 *
 * It runs without any permission; all it has is what the messages bring.
 *
 * @module
 */
import { verify } from "@aisle/shared/bundle";
import { AppError, messageOf } from "@aisle/shared/errors";
import { normalizeText } from "@aisle/shared/features";
import { pictureReader } from "@aisle/shared/images";
import { wasmDecoder } from "@aisle/shared/images_wasm";
import { createPredictor, type Predictor } from "@aisle/shared/serving";
import type { TrialBinaries, TrialReply, TrialRequest, TrialScore } from "./trial_port.ts";

let binaries: TrialBinaries | null = null;
const open = new Map<string, Predictor>();

async function answer(request: TrialRequest): Promise<TrialScore | null> {
  if (request.type === "begin") {
    binaries = request.binaries;
    return null;
  }
  if (request.type === "open") {
    if (binaries === null) throw new TypeError("a bundle was opened before the worker began");
    const { runtime, pictures } = binaries;
    const options = { wasmBinary: runtime, readPixels: pictureReader(wasmDecoder(pictures)) };
    const { digest, bytes } = request;
    open.set(digest, await createPredictor(verify(bytes, digest), options));
    return null;
  }
  const predictor = open.get(request.digest);
  if (predictor === undefined) throw new TypeError("a bundle was asked before it was open");
  const { designation, description } = request.product;
  const [scored] = await predictor.predict([{ ...request.product, explain: true }]);
  return {
    scored: scored!,
    classes: predictor.classes,
    texts: {
      designation: normalizeText(designation),
      description: normalizeText(description),
    },
    fit: predictor.manifest.fused?.image.recipe.fit ?? null,
  };
}

async function reply(request: TrialRequest): Promise<TrialReply> {
  const { id } = request;
  try {
    return { id, ok: true, score: await answer(request) };
  } catch (error) {
    const code = error instanceof AppError ? error.code : null;
    return { id, ok: false, code, message: messageOf(error) };
  }
}

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<TrialRequest>) => void) | null;
  postMessage(reply: TrialReply): void;
};
scope.onmessage = async (event) => scope.postMessage(await reply(event.data));
