import assert from "node:assert/strict";
import { EDGE_VARIABLES } from "../../edge/config.ts";
import { EDGE_ENV, HUB_ENV } from "../../hub/config.ts";
import { stagePermissions } from "../../hub/pipeline/stage_permissions.ts";

interface RootConfig {
  readonly tasks: Record<string, string>;
  readonly permissions: Record<string, Record<string, unknown>>;
}
const config = JSON.parse(
  await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
) as RootConfig;

Deno.test("the edge may use the network, read its runtime and read its own variables, and nothing else", () => {
  const edge = config.permissions["edge"]!;
  assert.deepEqual(Object.keys(edge).sort(), ["env", "net", "read"]);
  assert.deepEqual(edge["read"], [
    "./node_modules",
    "./edge/model_worker.ts",
    "./edge/serve_model.ts",
    "./shared",
  ]);
  assert.deepEqual(edge["env"], { allow: [...EDGE_VARIABLES], ignore: true });
});

Deno.test("no way of starting an edge but the native one may write, load libraries, run programs or ask the system", async () => {
  const forbidden = ["write", "ffi", "run", "sys", "import", "all"];
  for (const [name, set] of Object.entries(config.permissions)) {
    if (!name.startsWith("edge") || name === "edge-native") continue;
    for (const word of forbidden) assert.ok(!(word in set), `${name} has ${word}`);
  }
  // Who starts edges: commands, simulations, image, compose file, bundle
  for (
    const file of ["Dockerfile.edge", "docker-compose.yml", "tools/bundle_edge.ts", "hub/main.ts"]
  ) {
    const source = await Deno.readTextFile(new URL(`../../${file}`, import.meta.url));
    assert.doesNotMatch(
      source,
      /edge-native|native_main|--allow-all|allow-(write|ffi|run|sys)/,
      file,
    );
  }
  for (const [name, command] of Object.entries(config.tasks)) {
    assert.doesNotMatch(command, /edge-native|native_main/, name);
  }
});

Deno.test("the edge with native libraries may load those of the packages beside, and still not write or run", () => {
  const native = config.permissions["edge-native"]!;
  assert.deepEqual(Object.keys(native).sort(), ["env", "ffi", "net", "read", "sys"]);
  assert.deepEqual(native["ffi"], ["./node_modules"]);
  assert.deepEqual(native["env"], config.permissions["edge"]!["env"]);
});

Deno.test("the edge's own Workers get no more than the edge", async () => {
  const source = await Deno.readTextFile(new URL("../../edge/web_worker.ts", import.meta.url));
  for (const word of ["write", "run", "ffi", "sys"]) {
    assert.ok(
      !new RegExp(`\\b${word}: *(true|\\[)`).test(source),
      `edge/web_worker.ts asks for ${word}`,
    );
  }
});

Deno.test("every task of a user runs under a named permission set", () => {
  for (const [name, command] of Object.entries(config.tasks)) {
    if (["ok", "db:generate"].includes(name)) continue;
    assert.match(command, /^deno (run|test|bench) -q --no-prompt -P=(hub|test)\b/, name);
    assert.ok(!/ -A\b| --allow-all\b/.test(command), `${name} runs with every permission`);
  }
});

Deno.test("the hub sees its own variables and those it hands to an edge, and no others", () => {
  assert.deepEqual(EDGE_ENV, EDGE_VARIABLES);
  assert.deepEqual(config.permissions["hub"]!["env"], {
    allow: [...HUB_ENV, ...EDGE_ENV],
    ignore: true,
  });
});

Deno.test("the stage process reaches neither network, processes nor variables, and no key and no database", async () => {
  const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
  // Where it lies by default: beside the code that stages must read
  const flags = stagePermissions({ root, data: `${root}/data` });
  for (const word of ["net", "run", "env", "all", "import"]) {
    assert.ok(!flags.some((flag) => flag.startsWith(`--allow-${word}`)), word);
  }
  const code = `
    const state = (descriptor) => Deno.permissions.querySync(descriptor).state;
    const data = ${JSON.stringify(`${root}/data`)};
    console.log(JSON.stringify({
      keys: state({ name: "read", path: data + "/keys/release.pkcs8" }),
      database: state({ name: "read", path: data + "/hub.db" }),
      blobs: state({ name: "read", path: data + "/blobs/x" }),
      code: state({ name: "write", path: ${JSON.stringify(`${root}/hub/main.ts`)} }),
      net: state({ name: "net" }),
      run: state({ name: "run" }),
    }));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-lock",
      "--no-config",
      ...flags,
      "data:text/javascript," + encodeURIComponent(code),
    ],
  }).output();
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
    keys: "prompt",
    database: "prompt",
    blobs: "granted",
    code: "prompt",
    net: "prompt",
    run: "prompt",
  });
});
