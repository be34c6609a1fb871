/**
 * What pages over a data version of 84,916 products take on the server: cold, warm, search, difference.
 *
 *   deno run -q --no-prompt -P=test tests/bench/data_pages_bench.ts
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { rng } from "@aisle/shared/random";
import { mountDashboard } from "../../hub/dashboard/mod.ts";
import type { ProductRow } from "../../hub/data/row.ts";
import { writeRows } from "../../hub/data/version.ts";
import { openTestHub } from "../../hub/testing/test_hub.ts";

const ROWS = 84_916, WORDS = 8_000;
const random = rng(1);
const pick = (n: number) => Math.floor(random() * n);
const words = (n: number) =>
  Array.from({ length: n }, () => `mot${pick(WORDS).toString(36)}é`).join(" ");

/** As long as the challenge's on average: 70 characters of title, 530 of description. */
function* products(seedCode: number): Generator<ProductRow> {
  for (let i = 0; i < ROWS; i++) {
    yield {
      id: String(i),
      designation: words(9),
      description: i % 3 === 0 ? "" : words(100),
      code: String((i * 7 + seedCode) % 27),
      productId: String(i),
      imageId: String(i),
      image: "",
      picture: "",
      origin: "raw",
    };
  }
}

if (import.meta.main) {
  await using hub = await openTestHub();
  mountDashboard(hub.app);
  const digests: string[] = [];
  for (const version of [0, 1]) {
    const rows = [...products(version)];
    const classes = Object.fromEntries(
      Object.entries(Object.groupBy(rows, (row) => row.code)).map(([code, of]) => [
        code,
        of!.length,
      ]),
    );
    const digest = sha256(`data ${version}`);
    await hub.registry.datasets.add({
      digest,
      catalogue: "big",
      parent: digests.at(-1) ?? null,
      blob: (await hub.blobs.put(writeRows(rows))).digest,
      rows: ROWS,
      classes,
      setAside: 0,
      source: null,
    });
    digests.push(digest);
    await hub.registry.datasets.setHead("big", digest);
  }
  const look = async (what: string, path: string, times = 1) => {
    let worst = 0, waits = 0;
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      const response = await hub.send("viewer", "GET", path, { headers: { accept: "text/html" } });
      const page = await response.text();
      worst = Math.max(worst, performance.now() - start);
      if (page.includes("data-soon")) waits++;
      if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    }
    console.log(
      `${what.padEnd(44)} ${worst.toFixed(0).padStart(5)} ms${waits > 0 ? " (says: reading)" : ""}`,
    );
    return waits;
  };
  const [first, second] = digests as [string, string];
  await look("products, cold", `/data/${second}?catalogue=big`);
  const start = performance.now();
  while (await look("search, cold", `/data/${second}?catalogue=big&text=mot1a`) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  console.log(`searchable after ${((performance.now() - start) / 1000).toFixed(1)} s`);
  await look("products, warm", `/data/${second}?catalogue=big`, 5);
  await look("products, last page", `/data/${second}?catalogue=big&cursor=84900`, 5);
  await look("search of two words", `/data/${second}?catalogue=big&text=mot1a+motz`, 5);
  await look("search that finds nothing", `/data/${second}?catalogue=big&text=qqq`, 5);
  await look("search in a class", `/data/${second}?catalogue=big&text=mot1a&code=3`, 5);
  const diff = `/data/${second}/diff?catalogue=big&against=${first}`;
  while (await look("difference, cold", diff) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  await look("difference, all rows changed, last page", `${diff}&cursor=84900`, 3);
  await look("versions", "/data?catalogue=big", 3);
}
