import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";
import { entriesBelow, fileName, parseAddress } from "./file_names.ts";
import { mlflowClient } from "../testing/mlflow_client.ts";

const FILES = "/api/2.0/mlflow-artifacts/artifacts";

async function put(hub: TestHub, path: string, text: string): Promise<Response> {
  return await hub.app.request(`${FILES}/${path}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${hub.tokens.operator}`, "content-type": "text/html" },
    body: text,
  });
}

Deno.test("files go up, are listed by folder, come down whole or in part, and are removed", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const { run_id } = (await call("POST", "/runs/create", { experiment_id: "0" })).body.run.info;
  const root = `0/${run_id}/artifacts`;
  for (const name of ["model/MLmodel", "model/data/w%20x.bin", "report.html"]) {
    const response = await put(hub, `${root}/${name}`, `<b>${name}</b>`);
    assert.deepEqual([response.status, await response.json()], [200, {}], name);
  }
  const list = async (path?: string) =>
    (await call("GET", "/artifacts/list", { run_id, ...(path === undefined ? {} : { path }) }))
      .body;
  assert.deepEqual(await list(), {
    root_uri: `mlflow-artifacts:/${root}`,
    files: [
      { path: "model", is_dir: true },
      { path: "report.html", is_dir: false, file_size: 18 },
    ],
  });
  assert.deepEqual((await list("model")).files.map((f: { path: string }) => f.path), [
    "model/MLmodel",
    "model/data",
  ]);
  // The list by address tells names inside of the folder.
  const below = await hub.send("viewer", "GET", `${FILES}?path=${root}/model/data`);
  assert.deepEqual(await below.json(), {
    files: [{ path: "w x.bin", is_dir: false, file_size: 27 }],
  });

  const got = await hub.send("viewer", "GET", `${FILES}/${root}/model/data/w%20x.bin`, {
    headers: { range: "bytes=3-7" },
  });
  assert.deepEqual([got.status, await got.text()], [206, "model"]);
  const page = await hub.send("viewer", "GET", `${FILES}/${root}/report.html`);
  assert.equal(page.headers.get("content-type"), "application/octet-stream");
  assert.equal(page.headers.get("content-disposition"), "attachment");
  assert.equal(await page.text(), "<b>report.html</b>");
  assert.ok(await hub.blobs.has(sha256("<b>report.html</b>")), "bytes are kept under their digest");

  const gone = await hub.send("operator", "DELETE", `${FILES}/${root}/model`, { json: {} });
  assert.equal(gone.status, 200);
  assert.deepEqual((await list()).files.map((f: { path: string }) => f.path), ["report.html"]);
  const missing = await hub.send("viewer", "GET", `${FILES}/${root}/model/MLmodel`);
  assert.deepEqual([missing.status, (await missing.json()).error_code], [
    404,
    "RESOURCE_DOES_NOT_EXIST",
  ]);
});

Deno.test("addresses that try to leave their run are refused, however they are written", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const { run_id } = (await call("POST", "/runs/create", { experiment_id: "0" })).body.run.info;
  const root = `0/${run_id}/artifacts`;
  const hostile = [
    `${root}/..%2f..%2fetc/passwd`,
    `${root}/a%5c..%5cb`,
    `${root}/a//b`,
    `${root}/a%00b`,
    `${root}/%`,
    `${root}/${"a".repeat(600)}`,
    "..%2f..%2fetc/passwd",
    "%2fetc/passwd",
    "aisle/shop/../../x",
    "0/none/artifacts/x",
    `aisle/shop/${"0".repeat(64)}/bundle.aisle`,
  ];
  for (const path of hostile) {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const response = await hub.send("operator", method, `${FILES}/${path}`);
      assert.ok([400, 404].includes(response.status), `${method} ${path}: ${response.status}`);
      assert.match(
        (await response.json()).error_code,
        /INVALID_PARAMETER_VALUE|NOT_FOUND|DOES_NOT_EXIST/,
      );
    }
  }
  for (const path of ["..", "/etc", "a/../b", "\\x"]) {
    const { status } = await call("GET", "/artifacts/list", { run_id, path });
    assert.equal(status, 400, path);
    assert.ok(
      (await hub.send("viewer", "GET", `${FILES}?path=${encodeURIComponent(path)}`)).status >= 400,
    );
  }
  assert.deepEqual(await hub.registry.runs.artifacts(run_id), []);
});

Deno.test("a bundle shows as a folder that can be read and not written", async () => {
  await using hub = await openTestHub();
  const { digest, sizeBytes } = await hub.blobs.put(new TextEncoder().encode("bundle"));
  const evaluation = await hub.blobs.put(new TextEncoder().encode("{}"));
  await hub.registry.models.add({
    digest,
    catalogue: "shop",
    runId: null,
    dataset: null,
    sizeBytes,
    manifest: {},
  });
  await hub.registry.models.addEvaluation({
    catalogue: "shop",
    bundle: digest,
    goldDigest: "g",
    metrics: {},
    blob: evaluation.digest,
  });
  const call = mlflowClient(hub, "viewer");
  const { body } = await call("GET", "/model-versions/get-download-uri", {
    name: "shop",
    version: "1",
  });
  const address = body.artifact_uri.slice("mlflow-artifacts:/".length);
  const listed = await hub.send("viewer", "GET", `${FILES}?path=${address}`);
  assert.deepEqual((await listed.json()).files.map((f: { path: string }) => f.path), [
    "bundle.aisle",
    "evaluation.json",
  ]);
  const got = await hub.send("viewer", "GET", `${FILES}/${address}/bundle.aisle`);
  assert.equal(await got.text(), "bundle");
  for (const method of ["PUT", "DELETE"]) {
    const response = await hub.send("operator", method, `${FILES}/${address}/bundle.aisle`);
    assert.equal(response.status, 400);
    await response.body?.cancel();
  }
});

Deno.test("an upload over the limit is refused and leaves no file", async () => {
  await using hub = await openTestHub({ maxBlobBytes: 10 });
  const call = mlflowClient(hub);
  const { run_id } = (await call("POST", "/runs/create", { experiment_id: "0" })).body.run.info;
  const response = await put(hub, `0/${run_id}/artifacts/x`, "more than ten bytes");
  assert.equal(response.status, 413);
  await response.body?.cancel();
  assert.deepEqual(await hub.registry.runs.artifacts(run_id), []);
});

Deno.test("parseAddress() and fileName() let no name through that a path would change", () => {
  const part = fc.constantFrom(
    "..",
    ".",
    "",
    "a",
    "b c",
    "\\",
    "\u0000",
    "é",
    "0",
    "artifacts",
    "models",
    "aisle",
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
    const text = parts.join("/");
    for (const read of [fileName, (path: string) => parseAddress(path).name]) {
      let name: string;
      try {
        name = read(text);
      } catch (error) {
        assert.ok(error instanceof AppError);
        continue;
      }
      const resolved = new URL(
        name.split("/").map(encodeURIComponent).join("/"),
        "file:///root/run/",
      );
      assert.ok(resolved.pathname.startsWith("/root/run/"), name);
      assert.doesNotMatch(name, /\\|\p{Cc}/u);
    }
  }));
});

Deno.test("entriesBelow() lists each folder once, beside files, by name", () => {
  const files = ["a/b", "a/c/d", "ab", "b"].map((name) => ({ name, sizeBytes: 1 }));
  assert.deepEqual(entriesBelow(files, "").map((e) => [e.name, e.sizeBytes]), [["a", null], [
    "ab",
    1,
  ], ["b", 1]]);
  assert.deepEqual(entriesBelow(files, "a").map((e) => e.name), ["a/b", "a/c"]);
  assert.deepEqual(entriesBelow(files, "b"), []);
});
