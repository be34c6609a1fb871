/**
 * The Open Inference Protocol, version 2, over HTTP: clients of KServe and Triton ask an edge as they ask those.
 *
 * One model, named as the catalogue; its version is the head of the bundle's digest, and only the one that serves is
 * there. gRPC is not spoken.
 *
 * @module
 */
import type { Context } from "hono";
import { AppError } from "@aisle/shared/errors";
import type { EdgeApp } from "../app.ts";
import { parseJson } from "../body.ts";
import type { BodyBudget } from "../body_budget.ts";
import type { HostStatus } from "../model_host.ts";
import type { PictureDoor } from "../pictures.ts";
import { type Predicting, serverTiming } from "../predicting.ts";
import type { Product } from "../requests.ts";
import { atRow, INPUTS, outputMetadata, productsOf, tensorsOf } from "./products.ts";
import { inferBody, InferRequest, inputTensors, outputsOf } from "./tensors.ts";

/** What {@linkcode v2Routes} needs. */
export interface V2Deps {
  readonly catalogue: string;
  readonly status: () => HostStatus;
  readonly predict: Predicting;
  readonly door: PictureDoor;
  readonly bodies: BodyBudget;
  readonly limits: { readonly maxBatch: number; readonly maxBatchBytes: number };
  /** So many products of this request are about to be answered. */
  readonly spend: (c: Context, products: number) => void;
}

/** Length of the JSON before the bytes, in requests and answers. */
const HEADER_LENGTH = "inference-header-content-length";
/** Hex digits of a digest that name a version. */
const VERSION_DIGITS = 12;
const SERVER = { name: "aisle-edge", version: "1", extensions: ["binary_tensor_data"] };

/** Adds the protocol's routes to `app`. */
export function v2Routes(app: EdgeApp, deps: V2Deps): void {
  /** What serves, if that is what the address names. @throws {AppError} `not-found`, `no-release` */
  function serving(c: Context) {
    const { name, version } = c.req.param();
    if (name !== deps.catalogue) {
      throw new AppError(
        "not-found",
        `Cannot find model ${name}: this edge serves ${deps.catalogue}`,
      );
    }
    const { serving, workers } = deps.status();
    if (serving === null || workers === 0) {
      throw new AppError("no-release", `Model ${name} is not ready`, { retryAfterSeconds: 2 });
    }
    const { digest } = serving.release, served = digest.slice(0, VERSION_DIGITS);
    if (version !== undefined && version !== served && version !== digest) {
      throw new AppError(
        "not-found",
        `Cannot find version ${version} of model ${name}: this edge serves ${served}`,
      );
    }
    return { ...serving, version: served };
  }

  app.get("/v2", (c) => c.json(SERVER));
  app.get("/v2/health/live", (c) => c.json({ live: true }));
  app.get("/v2/health/ready", (c) => {
    const { serving, workers } = deps.status();
    const ready = serving !== null && workers > 0;
    return c.json({ ready }, ready ? 200 : 503);
  });
  for (const model of ["/v2/models/:name", "/v2/models/:name/versions/:version"]) {
    app.get(model, (c) => {
      const { version, classes } = serving(c);
      return c.json({
        name: deps.catalogue,
        versions: [version],
        platform: "aisle_bundle",
        inputs: INPUTS,
        outputs: outputMetadata(classes.length),
      });
    });
    app.get(`${model}/ready`, (c) => {
      serving(c);
      return c.json({ name: deps.catalogue, ready: true });
    });
    app.post(`${model}/infer`, async (c) => {
      const asked = c.req.param("version") === undefined ? null : serving(c).version;
      serving(c);
      const { request, binary } = await inferRequest(c.req.raw, deps);
      const { products, column } = productsOf(inputTensors(request, binary), {
        maxProducts: deps.limits.maxBatch,
        door: deps.door,
      });
      deps.spend(c, products.length);
      const { predicted, answers } = await ofOneBundle(deps.predict, products);
      const version = answers[0]!.digest.slice(0, VERSION_DIGITS);
      if (asked !== null && asked !== version) serving(c);
      const { body, headerLength } = inferBody({
        model_name: deps.catalogue,
        model_version: version,
        ...(request.id === undefined ? {} : { id: request.id }),
      }, outputsOf(request, tensorsOf(answers, column)));
      c.header("server-timing", serverTiming(predicted));
      if (headerLength !== null) c.header(HEADER_LENGTH, String(headerLength));
      return c.body(body, 200, {
        "content-type": headerLength === null ? "application/json" : "application/octet-stream",
      });
    });
  }
}

/** Times that a request is asked again because the model was changed while it was answered. */
const MAX_STRADDLES = 3;

/** Answers to `products`, all by the same bundle: a column of scores has one meaning. @throws {AppError} of a row */
async function ofOneBundle(predict: Predicting, products: readonly Product[]) {
  for (let attempt = 1;; attempt++) {
    const predicted = await predict(products.map((product) => ({ ...product, everyClass: true })));
    const answers = predicted.outcomes.map((outcome, row) => {
      if ("error" in outcome) throw atRow(row, outcome.error);
      return outcome.answer;
    });
    if (new Set(answers.map(({ digest }) => digest)).size === 1) return { predicted, answers };
    if (attempt === MAX_STRADDLES) {
      throw new AppError("not-ready", "The model changes too often: ask again", {
        retryAfterSeconds: 1,
      });
    }
  }
}

/** The JSON of a request and the bytes behind it. @throws {AppError} `too-large`, `input-invalid`, `unsupported-media-type` */
async function inferRequest(
  request: Request,
  { bodies, limits }: Pick<V2Deps, "bodies" | "limits">,
): Promise<{ readonly request: InferRequest; readonly binary: Uint8Array<ArrayBuffer> }> {
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    throw new AppError(
      "unsupported-media-type",
      `Cannot read the body: it must not be compressed: current Content-Encoding is ${encoding}`,
    );
  }
  const given = request.headers.get(HEADER_LENGTH);
  const bytes = await bodies.read(request, limits.maxBatchBytes);
  const length = given === null ? bytes.length : /^\d{1,10}$/.test(given) ? Number(given) : NaN;
  if (!(length > 0 && length <= bytes.length)) {
    throw new AppError(
      "input-invalid",
      `Cannot read the body: Inference-Header-Content-Length must be from 1 to the body's ${bytes.length}: current value is ${given}`,
    );
  }
  const parsed = InferRequest.safeParse(parseJson(bytes.subarray(0, length)));
  if (parsed.success) return { request: parsed.data, binary: bytes.subarray(length) };
  const problems = parsed.error.issues.slice(0, 5).map(({ path, message }) =>
    `${path.map(String).join(".")}: ${message}`.slice(0, 300)
  );
  throw new AppError("input-invalid", `Cannot take the inference request: ${problems.join("; ")}`);
}

/** Whether `path` belongs to the protocol, whose errors have a form of their own. */
export function isV2(path: string): boolean {
  return path === "/v2" || path.startsWith("/v2/");
}
