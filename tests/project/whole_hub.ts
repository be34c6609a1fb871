/**
 * The whole hub in this process, over a throw-away data folder: real database, blobs, keys, stage process and API.
 *
 * It can be closed and opened again, as a restart does. Judging takes fewer samples than by default, so that tests
 * are quick.
 *
 * @module
 */
import assert from "node:assert/strict";
import { EDGE_PATHS, type FeedbackRecord } from "@aisle/shared/contract";
import { type BlobStore, openFolderStore } from "../../hub/artifact/blob_store.ts";
import { hubConfig } from "../../hub/config.ts";
import type { ProductRow } from "../../hub/data/row.ts";
import { writePictureIndex } from "../../hub/data/picture_index.ts";
import { packPictures } from "../../hub/images/pack_pictures.ts";
import { readRows } from "../../hub/data/version.ts";
import { type Hub, openHub } from "../../hub/hub.ts";
import { noLog } from "../../hub/log.ts";
import { type Params, parseParams } from "../../hub/params.ts";
import type { PipelineResult } from "../../hub/pipeline/pipeline.ts";
import type { Job } from "../../hub/registry/jobs.ts";

const DEFAULTS = parseParams(
  await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
);
/** What the hubs of these tests learn with. */
export const PARAMS = {
  ...DEFAULTS,
  evaluate: { ...DEFAULTS.evaluate, bootstraps: 100, latencySamples: 10 },
};

/** An answer of the hub's API. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Record<string, unknown>;
}

/** A hub under test. */
export class WholeHub implements AsyncDisposable {
  readonly dataDir: string;
  readonly blobs: BlobStore;
  readonly #params: Params;
  #hub: Hub | null = null;

  private constructor(dataDir: string, blobs: BlobStore, params: Params) {
    this.dataDir = dataDir;
    this.blobs = blobs;
    this.#params = params;
  }

  /** Opens a hub over nothing. */
  static async open(params: Params = PARAMS): Promise<WholeHub> {
    const dataDir = await Deno.makeTempDir({ prefix: "aisle-whole-" });
    const whole = new WholeHub(dataDir, await openFolderStore(`${dataDir}/blobs`), params);
    await whole.reopen();
    return whole;
  }

  /** The open hub. */
  get hub(): Hub {
    assert.ok(this.#hub !== null);
    return this.#hub;
  }

  /** Closes the hub and opens it again over the same folder. */
  async reopen(): Promise<void> {
    await this.#hub?.[Symbol.asyncDispose]();
    this.#hub = await openHub({
      config: hubConfig({ AISLE_DATA: this.dataDir }),
      params: this.#params,
      log: noLog,
      serves: true,
    });
  }

  /** Sends a request with `token` (none for null); an object as `json` is the body. */
  async send(
    token: string | null,
    method: string,
    path: string,
    json?: unknown,
  ): Promise<Answer> {
    const response = await this.hub.app.request(path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get("content-type") ?? "",
      body: text === "" ? {} : JSON.parse(text) as Record<string, unknown>,
    };
  }

  /** Runs a job of the catalogue `shop` to its end through the API. */
  async job(kind: string, input: unknown = {}): Promise<Job> {
    const admin = this.hub.localToken;
    const path = `/api/v1/catalogues/shop/${kind}`;
    const started = await this.send(admin, "POST", path, input);
    assert.equal(started.status, 202, JSON.stringify(started.body));
    await this.hub.jobs.idle();
    const { body } = await this.send(admin, "GET", `/api/v1/jobs/${started.body["id"]}`);
    return body as unknown as Job;
  }

  /** Like {@linkcode WholeHub.job}, and it must succeed. */
  async pipeline(kind: string, input: unknown = {}): Promise<PipelineResult> {
    const job = await this.job(kind, input);
    assert.equal(job.state, "succeeded", JSON.stringify(job.error));
    return job.result as PipelineResult;
  }

  /** Stores `products` as the challenge's two files; codes stand in their file in the order of `codeOrder`. */
  async challenge(
    products: readonly ProductRow[],
    codeOrder: readonly ProductRow[] = products,
    images: string | null = null,
  ): Promise<{ kind: "challenge"; x: string; y: string; images: string | null }> {
    const put = async (lines: readonly string[]) =>
      (await this.blobs.put(new TextEncoder().encode(lines.join("\n") + "\n"))).digest;
    const x = products.map((p) =>
      `${p.id},"${p.designation}","${p.description}",${p.productId},${p.imageId}`
    );
    return {
      kind: "challenge",
      x: await put([",designation,description,productid,imageid", ...x]),
      y: await put([",prdtypecode", ...codeOrder.map((p) => `${p.id},${p.code}`)]),
      images,
    };
  }

  /** Packs picture `files`, by name, as an upload does; the digest of their index. */
  async pictures(files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Promise<string> {
    const paths = Object.keys(files).sort();
    const index = await packPictures({
      count: paths.length,
      *[Symbol.iterator]() {
        for (const path of paths) {
          const bytes = files[path]!;
          yield { path, sizeBytes: bytes.length, read: () => Promise.resolve({ bytes }) };
        }
      },
    }, { keep: (_digest, bytes) => this.blobs.put(bytes) });
    return (await this.blobs.put(writePictureIndex(index))).digest;
  }

  /** Sends feedback as an edge does: `row` is of class `code`; its picture is a blob by now. */
  async feedback(
    token: string,
    key: string,
    row: ProductRow,
    code: string,
    from: { readonly source: string; readonly edgeId: string } = {
      source: "test",
      edgeId: "edge-1",
    },
  ): Promise<Answer> {
    const { designation, description, productId, imageId, picture } = row;
    const record: FeedbackRecord = {
      idempotencyKey: key,
      edgeId: from.edgeId,
      catalogue: "shop",
      requestId: `request-${key}`,
      product: {
        designation,
        description,
        productid: productId,
        imageid: imageId,
        ...(picture === "" ? {} : { picture }),
      },
      code,
      predicted: null,
      source: from.source,
      at: "2026-01-02T03:04:05Z",
    };
    return await this.send(token, "POST", EDGE_PATHS.feedback, record);
  }

  /** A new edge token. */
  async edgeToken(): Promise<string> {
    return (await this.hub.registry.tokens.create({ name: "an edge", role: "edge" })).token;
  }

  /** The JSON of a blob. */
  async json<T>(digest: string): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.blobs.bytes(digest))) as T;
  }

  /** The rows of a blob. */
  async rows(digest: string): Promise<ProductRow[]> {
    return await Array.fromAsync(readRows(await this.blobs.open(digest)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hub?.[Symbol.asyncDispose]();
    await Deno.remove(this.dataDir, { recursive: true });
  }
}

/** Products as rows, numbered from 0. */
export function rowsOf(
  products: readonly { designation: string; description: string; code: string }[],
): ProductRow[] {
  return products.map((product, i) => ({
    ...product,
    id: String(i),
    productId: String(5000 + i),
    imageId: String(9000 + i),
    image: "",
    picture: "",
    origin: "raw",
  }));
}
