/**
 * The bundled edge, alone in a folder outside of the repository, under the permissions that it ships with.
 */
import assert from "node:assert/strict";
import { Prediction } from "@aisle/shared/contract";
import { bundleEdge } from "../../tools/bundle_edge.ts";
import { goldenPicture } from "./fused_edge.ts";
import { scratch, startBundledEdge } from "./processes.ts";
import { openDataFolder, releaseTinyBundle, serve } from "./released_hub.ts";

const TEXT = { designation: "Le petit prince bleu", description: "" };

Deno.test("the edge as one bundle predicts texts and pictures without repository or packages, and drains", async () => {
  await using data = await scratch();
  await using folder = await scratch();
  const files = await bundleEdge(`${folder.path}/edge`);
  assert.ok(files.includes("edge.js") && files.some((name) => name.endsWith(".wasm")), `${files}`);
  assert.deepEqual(files.filter((name) => !/\.(js|wasm|json)$/.test(name)), []);
  const hub = await openDataFolder(data.path);
  const digest = await releaseTinyBundle(hub, data.path);
  await using served = await serve(hub);
  {
    await using edge = await startBundledEdge(`${folder.path}/edge`, served.edgeEnv);
    const ask = async (picture: Uint8Array<ArrayBuffer> | null) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(TEXT)) form.set(name, value);
      if (picture !== null) form.set("image", new File([picture], "picture"));
      const response = await fetch(`${edge.url}/v1/predict`, { method: "POST", body: form });
      const body = await response.json();
      assert.equal(response.status, 200, JSON.stringify(body));
      return Prediction.parse(body);
    };
    const alone = await ask(null);
    assert.deepEqual([alone.digest, alone.route, alone.picture], [digest, "text", "none"]);
    for (const name of ["profile.jpg", "rgb.png", "lossy.webp"]) {
      const both = await ask(await goldenPicture(name));
      assert.deepEqual([both.route, both.picture], ["fused", "used"], name);
    }
    const page = await fetch(edge.url);
    assert.match(await page.text(), /<form/);
  }
});

Deno.test("the bundle ships with the edge's own permissions: reading its folder, and neither write, run, ffi nor sys", async () => {
  await using folder = await scratch();
  await bundleEdge(folder.path);
  const { permissions } = JSON.parse(await Deno.readTextFile(`${folder.path}/deno.json`));
  assert.deepEqual(Object.keys(permissions), ["edge"]);
  assert.deepEqual(Object.keys(permissions.edge).sort(), ["env", "net", "read"]);
  assert.deepEqual(permissions.edge.read, ["."]);
  assert.ok(permissions.edge.env.allow.every((name: string) => name.startsWith("EDGE_")));
});
