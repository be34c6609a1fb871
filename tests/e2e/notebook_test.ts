import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { PARAMS, rowsOf, WholeHub } from "../project/whole_hub.ts";
import { syntheticProducts } from "./synthetic_catalogue.ts";

const NOTEBOOK = new URL("../../notebooks/explore.ipynb", import.meta.url);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Notebook {
  readonly cells: readonly {
    readonly cell_type: string;
    readonly source: readonly string[];
    readonly outputs?: readonly unknown[];
  }[];
  readonly metadata: { readonly kernelspec: { readonly name: string } };
}
const notebook = JSON.parse(await Deno.readTextFile(NOTEBOOK)) as Notebook;

Deno.test("the notebook's cells run in order, as one module of right types, over a hub with a real model", async () => {
  await using whole = await WholeHub.open(PARAMS);
  const source = await whole.challenge(rowsOf(syntheticProducts(240, 4)));
  const { promoted } = await whole.pipeline("pipeline", { source, unseenShare: 0.3 });
  assert.equal(promoted, true);
  const { token } = await whole.hub.registry.tokens.create({ name: "notebook", role: "viewer" });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => whole.hub.app.fetch(request),
  );
  const code = notebook.cells.filter((cell) => cell.cell_type === "code")
    .map((cell) => cell.source.join("")).join("\n");
  // Beside the notebook, so that names resolve as they do there.
  const file = fileURLToPath(new URL(`.explore_${Deno.pid}.ts`, NOTEBOOK));
  await Deno.writeTextFile(file, `${code}\n`);
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "--check",
        "--no-prompt",
        "--allow-net=127.0.0.1",
        "--allow-env=AISLE_HUB,AISLE_TOKEN,AISLE_CATALOGUE",
        file,
      ],
      cwd: ROOT,
      env: { AISLE_HUB: `http://127.0.0.1:${server.addr.port}`, AISLE_TOKEN: token, NO_COLOR: "1" },
    }).output();
    const told = new TextDecoder().decode(stdout);
    assert.ok(success, new TextDecoder().decode(stderr));
    for (
      const part of [
        /I am notebook \(viewer\); catalogues: shop/,
        /1 versions; in use [0-9a-f]{12}: 240 rows/,
        /titles: median \d+ characters/,
        /weightedF1/,
        /gold products are answered wrongly/,
        /at 95\.0 % precision/,
        /-> .+ (auto|review)/,
        /served .* promote/,
      ]
    ) assert.match(told, part);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("the notebook is for Deno's kernel and carries no outputs", () => {
  assert.equal(notebook.metadata.kernelspec.name, "deno");
  assert.deepEqual(notebook.cells.flatMap((cell) => cell.outputs ?? []), []);
});
