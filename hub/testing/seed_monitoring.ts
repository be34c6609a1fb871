/**
 * A champion with a reference, and edges whose traffic is like it or drifts: for tests and for looking at the pages.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { addInput, noInputs } from "@aisle/shared/inputs";
import { rng } from "@aisle/shared/random";
import { sketchAdd } from "@aisle/shared/stats";
import { CODES } from "./seed.ts";
import type { TestHub } from "./test_hub.ts";

/** Options of {@linkcode seedMonitoring}. */
export interface SeedMonitoringOptions {
  /** Whether the traffic looks as it did in training. */
  readonly drifts: boolean;
  /** Share of the feedback that agrees. */
  readonly agrees?: number;
  readonly edges?: number;
  readonly hours?: number;
}

/** Products a window. */
const PER_WINDOW = 50;

/** Fills `hub` with the catalogue `demo`, whose champion has been at work for some hours. Returns its digest. */
export async function seedMonitoring(
  hub: TestHub,
  { drifts, agrees = 0.95, edges = 3, hours = 6 }: SeedMonitoringOptions,
): Promise<string> {
  const { registry, blobs } = hub, catalogue = "demo", random = rng(5);
  const put = async (value: unknown) => {
    const body = new Blob([JSON.stringify(value)]).stream() as ReadableStream<
      Uint8Array<ArrayBuffer>
    >;
    return (await blobs.put(body)).digest;
  };
  const product = (long: boolean) => ({
    designation: "x".repeat(Math.floor(8 + 40 * random())),
    description: "y".repeat(Math.floor((long ? 4000 : 300) * random())),
    unknown: long ? 0.3 + 0.6 * random() : 0.2 * random(),
    pictureBytes: random() < (long ? 0.2 : 0.8) ? 2048 + 40_000 * random() : null,
  });
  const confidence = (low: boolean) => 1 - (low ? 0.7 : 0.2) * random() ** 2;
  const inputs = noInputs(), histogram = new Array<number>(20).fill(0);
  for (let i = 0; i < 4000; i++) {
    addInput(inputs, product(false));
    histogram[Math.min(19, Math.floor(confidence(false) * 20))]!++;
  }
  const digest = sha256("a watched bundle");
  await registry.catalogues.ensure(catalogue, { title: "Demo" });
  await registry.labels.ensure(
    catalogue,
    CODES.map((code) => ({ code, name: code.split("-")[1]! })),
  );
  await registry.models.add({
    digest,
    catalogue,
    runId: null,
    dataset: null,
    sizeBytes: 1,
    manifest: {
      format: "aisle-bundle/1",
      kind: "text",
      classes: CODES,
      thresholds: [],
      decision: { autoPrecision: 0.95, confidence: 0.63 },
      reference: {
        prior: [0.4, 0.3, 0.2, 0.1],
        confidence: histogram,
        predicted: [1600, 1200, 800, 400],
        inputs,
      },
    },
  });
  await registry.models.addEvaluation({
    catalogue,
    bundle: digest,
    goldDigest: sha256("gold"),
    metrics: { accuracy: 0.95 },
    blob: await put({
      classes: CODES.map((code) => ({ code, rows: 100, right: 95 })),
    }),
  });
  await registry.aliases.promote({
    catalogue,
    digest,
    expectedRevision: 0,
    by: "test",
    why: "to be watched",
    sign: (sequence, createdAt, of) =>
      Promise.resolve({
        payload: JSON.stringify({ sequence, createdAt, of }),
        keyId: "0123456789abcdef",
        signature: "AAAA",
      }),
  });
  const nowMs = Date.parse((await registry.models.get(digest))!.createdAt);
  const windows = [];
  for (let hour = hours - 1; hour >= 0; hour--) {
    for (let edge = 1; edge <= edges; edge++) {
      const odd = drifts && hour < hours / 2;
      const codes: Record<string, number> = {};
      const confidenceSums: Record<string, [number, number]> = {};
      const bins = new Array<number>(20).fill(0), latencyMs = {}, own = noInputs();
      let auto = 0;
      for (let i = 0; i < PER_WINDOW; i++) {
        const k = odd ? 3 - Math.floor(4 * random() ** 2) : [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][i % 10]!;
        const code = CODES[k]!, sure = confidence(odd);
        codes[code] = (codes[code] ?? 0) + 1;
        const sums = confidenceSums[code] ??= [0, 0];
        sums[0] += sure;
        sums[1] += sure ** 2;
        bins[Math.min(19, Math.floor(sure * 20))]!++;
        if (sure > 0.63) auto++;
        sketchAdd(latencyMs, 1 + 5 * random() ** 3);
        addInput(own, product(odd));
      }
      const endedAt = new Date(nowMs - hour * 3_600_000 - 60_000).toISOString();
      windows.push(registry.telemetry.store({
        edgeId: `edge-${edge}`,
        bootId: "boot-1",
        seq: hours - hour,
        catalogue,
        startedAt: endedAt,
        endedAt,
        digest,
        predictions: PER_WINDOW,
        requests: PER_WINDOW,
        errors: hour % 3 === 0 ? { overloaded: edge } : {},
        codes,
        decisions: { auto, review: PER_WINDOW - auto },
        confidence: bins,
        confidenceSums,
        latencyMs,
        inputs: own,
        feedback: { received: 0, delivered: 0, waiting: 0, dropped: 0 },
        droppedWindows: 0,
      }));
    }
  }
  await Promise.all(windows);
  const at = new Date(nowMs - 1_800_000).toISOString();
  for (let i = 0; i < 120; i++) {
    const code = CODES[i % 4]!;
    await registry.feedback.store({
      idempotencyKey: `watched-${i}`,
      edgeId: `edge-${1 + i % edges}`,
      catalogue,
      requestId: `watched-request-${i}`,
      product: {
        designation: `Product ${i}`,
        description: "",
        productid: String(i),
        imageid: String(i),
      },
      code,
      predicted: {
        code: random() < agrees ? code : CODES[(i + 1) % 4]!,
        confidence: 0.9,
        digest,
      },
      source: `user-${i % 20}`,
      at,
    });
  }
  return digest;
}
