/**
 * What evaluations and the gate leave of the bundles of `seed`: gold rows with pictures, every row's guess, verdicts.
 *
 * @module
 */
import { goldenPictureFile } from "@aisle/shared/bundle";
import { rng } from "@aisle/shared/random";
import type { BlobsPort } from "../api/ports.ts";
import type { ProductRow } from "../data/row.ts";
import { writeRows } from "../data/version.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import { gate } from "../evaluation/gate.ts";
import { evaluationOf, type PlantedRow } from "../evaluation/testing/planted.ts";
import type { Params } from "../params.ts";
import type { Registry } from "../registry/registry.ts";
import { CODES, type Seeded } from "./seed.ts";

/** What products are called, by class; several classes share words, as in real shops. */
const WORDS = ["pear ripe basket", "owl grey feather", "map folded city", "hammer steel grip"];
/** Every so manieth product has a picture. */
const WITH_PICTURE = 3;

/** Evaluates every seeded bundle on `rows` made-up gold products; a later bundle is right more often. */
export async function seedFindings(
  { registry, blobs, params }: {
    readonly registry: Registry;
    readonly blobs: BlobsPort;
    readonly params: Params;
  },
  { catalogue, bundles }: Seeded,
  rows = 240,
): Promise<{ readonly gold: string; readonly products: readonly ProductRow[] }> {
  const put = async (body: BodyInit) => (await blobs.put(new Response(body).body!)).digest;
  const products: ProductRow[] = [];
  for (let i = 0; i < rows; i++) {
    const k = i % CODES.length;
    products.push({
      id: `gold-${i}`,
      designation: `${WORDS[k]} ${i}`,
      description: i % 2 === 0 ? "" : `A ${WORDS[k]} for somebody who <b>knows</b> what they want.`,
      code: CODES[k]!,
      productId: String(i),
      imageId: String(i),
      image: "",
      picture: i % WITH_PICTURE === 0
        ? await put(goldenPictureFile({ seed: i, width: 48, height: 40 }))
        : "",
      origin: "raw",
    });
  }
  const gold = await put(writeRows(products) as ReadableStream<Uint8Array<ArrayBuffer>>);
  let champion: Evaluation | null = null;
  for (const [b, bundle] of bundles.entries()) {
    const evaluation = evaluationOf(guesses(products, 0.74 + 0.08 * b), {
      bundle,
      leaks: { trainedRows: 1000, rows: 0, ids: [] },
    });
    const blob = await put(JSON.stringify(evaluation));
    await registry.models.addEvaluation({
      catalogue,
      bundle,
      goldDigest: gold,
      metrics: { goldRows: rows, ...evaluation.scores, ece: evaluation.calibration.ece },
      blob,
    });
    const verdict = gate(evaluation, champion, params.gate);
    const verdictBlob = await put(JSON.stringify(verdict));
    await registry.models.addVerdict({
      digest: verdictBlob,
      catalogue,
      bundle,
      against: champion?.bundle ?? null,
      accept: verdict.accept,
      blob: verdictBlob,
      runId: null,
    });
    champion = evaluation;
  }
  return { gold, products };
}

/** Guesses of which about `accuracy` are right; the surer ones more often. */
function guesses(products: readonly ProductRow[], accuracy: number): PlantedRow[] {
  const random = rng(7);
  return products.map(({ id, code }) => {
    const right = random() < accuracy, other = Math.floor(random() * (CODES.length - 1));
    const sure = random();
    return {
      id,
      code,
      predicted: right ? code : CODES.filter((known) => known !== code)[other]!,
      confidence: right ? 0.55 + 0.44 * sure : 0.3 + 0.5 * sure,
    };
  });
}
