/**
 * An encoder trained from scratch, through real processes: trained, killed and gone on, packed, served.
 */
import assert from "node:assert/strict";
import { Prediction } from "@aisle/shared/contract";
import { childrenOf, hubJson, runJson, scratch, startEdge, startHub, until } from "./processes.ts";
import { syntheticProducts, writeChallenge } from "./synthetic_catalogue.ts";
import { PICTURE_CLASSES, syntheticPicture } from "./synthetic_pictures.ts";

const ROWS = 420, LONG_MS = 180_000;

interface Result {
  readonly promoted: boolean;
  readonly ran: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
}
interface Job {
  readonly id: string;
  readonly state: string;
  readonly error: { readonly message: string } | null;
  readonly result: Result;
}
interface Logged {
  readonly items: readonly { type: string; stage?: string; state?: string; message?: string }[];
}

/** The project's params with a quick network from scratch. */
async function writeParams(file: string): Promise<void> {
  const yaml = await Deno.readTextFile(new URL("../../params.yaml", import.meta.url));
  const text = yaml
    .replace("encoder: mobilenet-v2", "encoder: cnn")
    .replace("size: 64 # side of its input", "size: 32 # side of its input")
    .replace("batchSize: 64", "batchSize: 16");
  await Deno.writeTextFile(file, text);
}

Deno.test("image.encoder: cnn trains, survives kill -9, is packed, served, and decodes no picture twice", async (t) => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`, shop = `${folder.path}/shop`;
  const env = { AISLE_PARAMS: `${folder.path}/params.yaml` };
  await writeParams(env.AISLE_PARAMS);
  const products = syntheticProducts(ROWS, PICTURE_CLASSES);
  await writeChallenge(shop, products);
  await Deno.mkdir(`${shop}/images`);
  for (let i = 0; i < ROWS; i++) {
    if (i % 11 === 0) continue; // some products have no picture
    const file = `${shop}/images/image_${9000 + i}_product_${5000 + i}.png`;
    await Deno.writeFile(file, syntheticPicture(i, i + 1));
  }
  const files = ["--x", `${shop}/x.csv`, "--y", `${shop}/y.csv`, "--images", `${shop}/images`];
  await runJson(dataDir, ["ingest", ...files, "--name", "shop"], env);
  await using hub = await startHub(dataDir, env);
  const job = await hubJson<Job>(dataDir, "POST", "/api/v1/catalogues/shop/pipeline", {});
  const log = async () =>
    (await hubJson<Logged>(dataDir, "GET", `/api/v1/jobs/${job.id}/log?limit=1000`)).items;
  const now = () => hubJson<Job>(dataDir, "GET", `/api/v1/jobs/${job.id}`);

  await t.step("a trainer that is killed while it trains goes on from its checkpoint", async () => {
    await until("the encoder's training", async () => {
      const { state, error } = await now();
      assert.ok(state === "queued" || state === "running", error?.message ?? state);
      return (await log()).some((e) =>
        e.type === "stage" && e.stage === "encoder" && e.state === "running"
      );
    }, LONG_MS);
    const [trainer] = await childrenOf(hub.pid);
    assert.ok(trainer !== undefined, "no stage process runs");
    Deno.kill(trainer, "SIGKILL");
    await until(
      "the job's end",
      async () => !["queued", "running"].includes((await now()).state),
      LONG_MS,
    );
    const { state, error, result } = await now();
    assert.equal(state, "succeeded", error?.message ?? "");
    assert.ok((await log()).some((e) => /died \(SIGKILL\)/.test(e.message ?? "")));
    assert.equal(result.promoted, true);
    const { textWeightedF1, fusedWeightedF1 } = result.metrics;
    assert.ok(fusedWeightedF1! > textWeightedF1! + 0.05, JSON.stringify(result.metrics));
  });

  await t.step("an edge serves it", async () => {
    await using edge = await startEdge(dataDir, "shop");
    let right = 0;
    for (let i = 0; i < 12; i++) {
      const form = new FormData();
      form.set("image", new File([syntheticPicture(i, 50_000 + i)], "picture.png"));
      const response = await fetch(`${edge.url}/v1/predict`, { method: "POST", body: form });
      const { top, route } = Prediction.parse(await response.json());
      assert.equal(route, "image");
      if (top[0]!.code === products[i]!.code) right++;
    }
    assert.ok(right >= 9, `${right} of 12 pictures right`);
  });

  await t.step("a second training decodes no picture", async () => {
    const again = await hubJson<Job>(dataDir, "POST", "/api/v1/catalogues/shop/pipeline", {
      force: ["pictures", "encoder"],
    });
    const path = `/api/v1/jobs/${again.id}`;
    await until("the second job's end", async () => {
      const { state } = await hubJson<Job>(dataDir, "GET", path);
      return !["queued", "running"].includes(state);
    }, LONG_MS);
    const { items } = await hubJson<Logged>(dataDir, "GET", `${path}/log?limit=1000`);
    assert.ok(items.some((e) => e.stage === "pictures" && /: 0 decoded now/.test(e.message ?? "")));
  });
});
