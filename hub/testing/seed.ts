/**
 * A catalogue with a bit of everything in it, for tests and for looking at the pages.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { type BadRow, writeSetAside } from "../data/bad_rows.ts";
import type { ProductRow } from "../data/row.ts";
import { writeRows } from "../data/version.ts";
import type { Registry } from "../registry/registry.ts";
import type { BlobsPort } from "../api/ports.ts";

/** What was put there. */
export interface Seeded {
  readonly catalogue: string;
  readonly dataset: string;
  /** Bundles, oldest first; the gate has accepted all but the last. */
  readonly bundles: readonly string[];
  readonly bundleBytes: Uint8Array<ArrayBuffer>;
  readonly runs: readonly string[];
  readonly report: string;
}

/** Codes of the seeded catalogue. */
export const CODES = ["food-fruit", "animal-bird", "travel-map", "object-tool"];
const NAMES = ["Fruit", "Birds", "Maps", "Tools"];

/** What a bundle that reads pictures adds to figures and manifest. */
const PICTURE_FIGURES = {
  textWeightedF1: 0.87,
  imageWeightedF1: 0.74,
  fusedWeightedF1: 0.912,
  servedWeightedF1: 0.91,
  picturesSkipped: 0.58,
  picturesInvalid: 1,
};
const FUSED = {
  image: {
    recipe: { version: 1, size: 128, fit: "stretch" },
    encoder: { name: "mobilenet-v2@128", id: sha256("encoder"), dims: 576 },
    handmade: null,
  },
  fusion: { method: "late", textWeight: 0.8, imageWeight: 0.4 },
  cascade: { confidence: 0.93, skipped: 0.58, maxLoss: 0.001 },
};

const WORDS = ["Pomme rouge", "Mésange bleue", "Carte de France", "Marteau de charpentier"];
const SET_ASIDE: readonly BadRow[] = [1, 2, 3].map((line) => ({
  file: "x",
  line: line * 100,
  id: String(line),
  reason: "duplicate-id",
  message: "its id has come before",
  raw: `${line},"Pomme, encore"`,
}));

/** The 700 rows of the version, as many of each class as it says. */
function* seedRows(): Generator<ProductRow> {
  let n = 0;
  for (const [i, code] of CODES.entries()) {
    for (let k = 0; k < 250 - i * 50; k++) {
      const id = String(n++).padStart(4, "0");
      yield {
        id,
        designation: `${WORDS[i]} n° ${k}`,
        description: k % 3 === 0 ? "" : `Un produit de la classe ${NAMES[i]}, pièce ${k}.`,
        code,
        productId: `9${id}`,
        imageId: "",
        image: "",
        picture: "",
        origin: "raw",
      };
    }
  }
}

/** Fills `registry` and `blobs` with the catalogue `demo`: data, runs, bundles, edges, feedback. */
export async function seed(registry: Registry, blobs: BlobsPort): Promise<Seeded> {
  const catalogue = "demo";
  const put = async (text: string) =>
    (await blobs.put(new Blob([text]).stream() as ReadableStream<Uint8Array<ArrayBuffer>>)).digest;
  await registry.catalogues.ensure(catalogue, { title: "Demo" });
  await registry.labels.ensure(catalogue, CODES.map((code, i) => ({ code, name: NAMES[i]! })));
  const report = await put(
    "<!doctype html><html lang=en><title>Report</title><p>All is well</p></html>",
  );
  const rows = (await blobs.put(writeRows(seedRows()))).digest;
  const setAsideBlob = (await blobs.put(writeSetAside(SET_ASIDE))).digest;
  const dataset = sha256("data");
  await registry.datasets.add({
    digest: dataset,
    catalogue,
    blob: rows,
    rows: 700,
    classes: Object.fromEntries(CODES.map((code, i) => [code, 250 - i * 50])),
    setAside: 3,
    source: {
      source: { kind: "challenge", x: rows, y: rows, images: null },
      setAsideBlob,
      findings: [
        { id: "empty-description", severity: "info", count: 80, message: "80 rows have no text" },
        {
          id: "undecodable-picture",
          severity: "warning",
          count: 2,
          message: "2 pictures cannot be decoded",
        },
      ],
    },
    reportBlob: report,
  });
  await registry.datasets.setHead(catalogue, dataset);
  await registry.splits.add({
    digest: sha256("split"),
    catalogue,
    dataset,
    parent: null,
    counts: { train: 120, gold: 70, unseen: 510 },
  });
  const bundles: string[] = [], runs: string[] = [];
  const bundleBytes = new TextEncoder().encode("bundle 0 ".repeat(1000));
  for (let i = 0; i < 3; i++) {
    const bytes = `bundle ${i} `.repeat(1000);
    const digest = await put(bytes);
    const run = await registry.runs.create({
      catalogue,
      kind: i === 0 ? "pipeline" : "retrain",
      params: { "train.c": 1, "train.passes": 8, "export.weights": "int8" },
      tags: { by: "alice" },
    });
    const points = ["final", "fold1", "fold2"].flatMap((fit, f) =>
      Array.from({ length: 8 }, (_, step) => ({
        name: `${fit}.objective`,
        step: step + 1,
        value: (900 - 60 * i - 30 * f) / (step + 1) + 80,
      }))
    );
    const accuracy = 0.78 + 0.05 * i,
      metrics = {
        goldRows: 70,
        accuracy,
        weightedF1: accuracy - 0.01,
        macroF1: accuracy - 0.04,
        ece: 0.031,
        ...(i < 2 ? {} : PICTURE_FIGURES),
      };
    await registry.runs.logMetrics(run.id, [
      ...points,
      ...Object.entries(metrics).map(([name, value]) => ({ name: `gold.${name}`, step: 0, value })),
    ]);
    await registry.runs.addArtifact(run.id, {
      name: "report.html",
      digest: report,
      sizeBytes: 75,
      contentType: "text/html",
    });
    await registry.runs.update(run.id, {
      state: "succeeded",
      datasetDigest: dataset,
      bundleDigest: digest,
      codeVersion: sha256("code"),
      device: "cpu",
    });
    const sizeBytes = bytes.length;
    const manifest = {
      format: "aisle-bundle/1",
      kind: i < 2 ? "text" : "fused",
      ...(i < 2 ? {} : { fused: FUSED }),
      classes: CODES,
      thresholds: [
        { precision: 0.9, confidence: 0.42, coverage: 0.81 },
        { precision: 0.95, confidence: 0.63, coverage: 0.66 },
        { precision: 0.99, confidence: null, coverage: 0 },
      ],
      decision: { autoPrecision: 0.95, confidence: 0.63 },
    };
    await registry.models.add({ digest, catalogue, runId: run.id, dataset, sizeBytes, manifest });
    await registry.models.addEvaluation({
      catalogue,
      bundle: digest,
      goldDigest: sha256("gold"),
      metrics,
      blob: await put(JSON.stringify(metrics)),
      htmlBlob: report,
    });
    const accept = i < 2;
    const verdict = {
      accept,
      rules: [
        { id: "gold", ok: true, severity: "error", message: "70 gold rows decide", numbers: {} },
        {
          id: "gain",
          ok: accept,
          severity: "error",
          message: `weighted F1 ${accept ? "gains 5.0" : "loses 1.2"} points against the champion`,
          numbers: {},
        },
        {
          id: "latency",
          ok: i === 0,
          severity: "warning",
          message: "p95 latency is 1.1 times the champion's",
          numbers: {},
        },
      ],
    };
    const blob = await put(JSON.stringify({ ...verdict, bundle: digest }));
    await registry.models.addVerdict({
      digest: blob,
      catalogue,
      bundle: digest,
      against: bundles.at(-1) ?? null,
      accept,
      blob,
      htmlBlob: report,
      runId: run.id,
    });
    bundles.push(digest);
    runs.push(run.id);
  }
  return { catalogue, dataset, bundles, bundleBytes, runs, report };
}

/** Adds edges with telemetry and feedback on what `digest` answered. */
export async function seedEdges(registry: Registry, digest: string, at: string): Promise<void> {
  const catalogue = "demo";
  for (const [e, edgeId] of ["edge-1", "edge-2"].entries()) {
    for (const seq of e === 0 ? [1, 2, 3] : [1, 4]) {
      await registry.telemetry.store({
        edgeId,
        bootId: "boot-1",
        seq,
        catalogue,
        startedAt: at,
        endedAt: at,
        digest,
        predictions: 40,
        requests: 42,
        errors: { "input-invalid": 2 },
        codes: { "food-fruit": 25, "animal-bird": 15 },
        decisions: { auto: 30, review: 10 },
        confidence: Array.from({ length: 20 }, (_, i) => (i === 19 ? 21 : 1)),
        latencyMs: { "14": 20, "20": 15, "40": 5 },
        feedback: { received: 10, delivered: 10, waiting: 0, dropped: 0 },
        droppedWindows: 0,
      });
    }
  }
  for (let i = 0; i < 40; i++) {
    await registry.feedback.store({
      idempotencyKey: `key-${i}`,
      edgeId: "edge-1",
      catalogue,
      requestId: `request-${i}`,
      product: i % 10 === 9 ? null : {
        designation: `Product ${i}`,
        description: "",
        productid: String(i),
        imageid: String(i),
      },
      code: CODES[i % 4]!,
      predicted: { code: CODES[i % 5 === 0 ? 0 : i % 4]!, confidence: 0.5 + (i % 10) / 20, digest },
      source: "test",
      at,
    });
  }
}
