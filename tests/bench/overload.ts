/**
 * `deno task bench:overload`: pictures at the edge's capacity, then twice as many, open loop, on loopback; how soon
 * refused ones are refused and accepted ones answered.
 *
 * @module
 */
import { startEdgeProcess } from "../fuzz/edge_process.ts";
import { pictureCorpus } from "../fuzz/picture_inputs.ts";
import { requestBytes, Wire } from "../fuzz/wire.ts";

const SECONDS = 8;
/** Waiting for more would only make everybody wait. */
const MAX_QUEUE = "32";

const quantile = (sorted: readonly number[], q: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN).toFixed(1);

if (import.meta.main) {
  await using process = await startEdgeProcess({
    EDGE_MAX_QUEUE: MAX_QUEUE,
    EDGE_MAX_BATCH: MAX_QUEUE,
    EDGE_ANSWER_CACHE_BYTES: "0",
    EDGE_FEATURE_CACHE_BYTES: "0",
  });
  const picture = (await pictureCorpus()).find(({ name }) => name === "420.jpg")!.bytes.toBase64();
  let made = 0;
  const request = () => {
    const products = Array.from(
      { length: 8 },
      () => ({ designation: `${made++}`, image: picture }),
    );
    return requestBytes(
      "POST /v1/predict/batch HTTP/1.1",
      { "content-type": "application/json" },
      new TextEncoder().encode(JSON.stringify({ products })),
    );
  };
  const wires = Array.from({ length: 200 }, () => new Wire(process.port));
  const endMs = performance.now() + 4_000;
  let closed = 0;
  await Promise.all(
    wires.slice(0, 3).map(async (wire) => {
      while (performance.now() < endMs) {
        await wire.send(request());
        closed++;
      }
    }),
  );
  const capacity = closed / 4;
  console.log(`capacity ${capacity.toFixed(0)} batches of 8 pictures a second`);
  for (const load of [0.5, 1, 2]) {
    const accepted: number[] = [], refused: number[] = [], other: unknown[] = [];
    const idle = [...wires], under: Promise<void>[] = [];
    const startMs = performance.now();
    for (let i = 0; performance.now() - startMs < SECONDS * 1_000; i++) {
      const dueMs = startMs + i * 1_000 / (capacity * load);
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs));
      const wire = idle.pop();
      if (wire === undefined) {
        other.push("no connection");
        continue;
      }
      under.push(
        wire.send(request()).then(({ status }) => {
          idle.push(wire);
          const tookMs = performance.now() - dueMs;
          if (status === 200) accepted.push(tookMs);
          else if (status === 503) refused.push(tookMs);
          else other.push(status);
        }),
      );
    }
    await Promise.all(under);
    for (const times of [accepted, refused]) times.sort((a, b) => a - b);
    console.log(
      `${load}x: ${accepted.length} accepted (p50 ${quantile(accepted, 0.5)}, p99 ${
        quantile(accepted, 0.99)
      } ms), ` +
        `${refused.length} refused (p50 ${quantile(refused, 0.5)}, p99 ${
          quantile(refused, 0.99)
        } ms), ${other.length} other`,
    );
  }
  for (const wire of wires) wire[Symbol.dispose]();
}
