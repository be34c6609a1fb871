/**
 * 100 swaps between two trainings of the demo catalogue at half of an edge's capacity, users who try nothing again:
 * failed and wrong answers, p99 against the same load without swaps, memory over time. Prints lines; docs/faults.md has
 * them. `AISLE_SWAP_BUNDLES` names a folder of bundle files to use instead of training two.
 *
 *     deno task report:swap [SWAPS]
 *
 * @module
 */
import { FakeHub } from "../../edge/testing/fake_hub.ts";
import { blobFile, ROOT } from "./commands.ts";
import { startEdge } from "./edge_load/servers.ts";
import {
  capacity,
  expected,
  loadWhile,
  type SwapFigures,
  swapInTurn,
  untilServes,
  wireRequest,
} from "./edge_load/swap_load.ts";

const SWAPS = Number(Deno.args[0] ?? 100);
const EVERY_MS = 1_500, STEADY_MS = 15_000, CAPACITY_SECONDS = 5;
/** One request in so many brings a picture. */
const PICTURE_EVERY = 8;
const TEXTS = [
  "visage souriant",
  "chat qui pleure de joie",
  "drapeau de la France",
  "pomme rouge",
  "voiture de police",
  "montagne enneigée",
  "main qui salue",
  "ballon de football",
];
const PICTURES = ["rgb.png", "profile.jpg", "lossy.webp", "grey.png"];

/** Bundles of two trainings: a few rows, and many more with feedback. */
async function twoBundles(): Promise<Uint8Array<ArrayBuffer>[]> {
  const folder = Deno.env.get("AISLE_SWAP_BUNDLES");
  if (folder !== undefined) {
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
    return await Promise.all(names.slice(0, 2).map((name) => Deno.readFile(`${folder}/${name}`)));
  }
  const data = await Deno.makeTempDir({ prefix: "aisle-swap-" });
  try {
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "demo", "--exit"],
      cwd: ROOT,
      env: { AISLE_DATA: data },
      stderr: "inherit",
    }).output();
    const text = new TextDecoder().decode(stdout);
    if (!success) throw new Error(`the demo failed: ${text}`);
    const root = `${data}/self-check`;
    return await Promise.all(
      Array.from(text.matchAll(/^Champion \d +([0-9a-f]+)/gm), async ([, start]) => {
        const files = Array.from(Deno.readDirSync(`${root}/blobs/${start!.slice(0, 2)}`));
        const digest = files.find(({ name }) => name.startsWith(start!))!.name;
        return await Deno.readFile(blobFile(root, digest));
      }),
    );
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

function told(what: string, figures: SwapFigures): void {
  const { sent, failed, wrong, p50Ms, p99Ms, maxMs, byDigest, problems } = figures;
  const digests = Object.entries(byDigest).map(([digest, n]) => `${digest.slice(0, 12)} ${n}`);
  console.log(
    `${what}: ${sent} answers, ${failed} failed, ${wrong} wrong; p50 ${p50Ms.toFixed(1)} ms, ` +
      `p99 ${p99Ms.toFixed(1)} ms, max ${maxMs.toFixed(0)} ms; ${digests.join(", ")}`,
  );
  for (const problem of problems) console.log(`  ${problem}`);
}

const bundles = await twoBundles();
const pictures = await Promise.all(
  PICTURES.map((name) => Deno.readFile(`${ROOT}tests/golden/pictures/${name}`)),
);
const requests = Array.from({ length: 32 }, (_, i) =>
  wireRequest({
    designation: `${TEXTS[i % TEXTS.length]} ${i}`,
    ...(i % PICTURE_EVERY === 0
      ? { designation: "", image: pictures[i / PICTURE_EVERY]!.toBase64() }
      : {}),
  }));
await using hub = await FakeHub.start();
await hub.release(bundles[0]!, { sequence: 1 });
await using edge = await startEdge("edge", hub, "main", {
  EDGE_ANSWER_CACHE_BYTES: "0",
  EDGE_FEATURE_CACHE_BYTES: "0",
  EDGE_POLL_MS: "100",
});
const expectations = new Map([await expected(edge, requests)]);
await hub.release(bundles[1]!, { sequence: 2 });
await untilServes(edge, 2);
const [digest, answers] = await expected(edge, requests);
expectations.set(digest, answers);
await capacity(edge, requests, 1);
const most = await capacity(edge, requests, CAPACITY_SECONDS), rate = most / 2;
console.log(`capacity ${most.toFixed(0)} requests a second, load ${rate.toFixed(0)}`);
const load = { requests, rate, expectations };
const pause = new Promise((resolve) => setTimeout(resolve, STEADY_MS));
const steady = await loadWhile(edge, load, pause);
told("steady", steady);
const mb = () => (edge.residentBytes() / 1e6).toFixed(0);
const memory = [mb()], times: number[] = [];
const swapping = await loadWhile(
  edge,
  load,
  swapInTurn(
    { hub, server: edge, bundles, swaps: SWAPS, everyMs: EVERY_MS, firstSequence: 3 },
    (swap, tookMs) => {
      times.push(tookMs);
      if (swap % Math.ceil(SWAPS / 10) === 0) memory.push(mb());
    },
  ),
);
told(`${SWAPS} swaps`, swapping);
console.log(`p99 ${(swapping.p99Ms / steady.p99Ms).toFixed(2)} times the steady one (bar: 2)`);
times.sort((a, b) => a - b);
console.log(
  `a swap: median ${times[times.length >> 1]?.toFixed(0)} ms, max ${times.at(-1)?.toFixed(0)} ms`,
);
console.log(`resident, MB, before and after every tenth of the swaps: ${memory.join(" ")}`);
if (swapping.failed + swapping.wrong > 0) Deno.exit(1);
