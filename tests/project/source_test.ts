import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url).pathname;
const MAX_LINES = 400;
/** Written by a program, a line for each operation. */
const GENERATED = "shared/client/hub_api.ts";

/** Source files of the members and tests, relative to the root. */
async function sources(): Promise<string[]> {
  const files: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(ROOT + folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (/\.tsx?$/.test(path)) files.push(path);
    }
  };
  for (const folder of ["shared", "hub", "edge", "tools", "tests"]) await walk(folder);
  return files;
}

Deno.test(`no source file is longer than ${MAX_LINES} lines`, async () => {
  const long: string[] = [];
  for (const file of await sources()) {
    const lines = (await Deno.readTextFile(ROOT + file)).split("\n").length;
    if (lines > MAX_LINES && file !== GENERATED) long.push(`${file}: ${lines}`);
  }
  assert.deepEqual(long, []);
});

Deno.test("no file has a name that says nothing", async () => {
  const vague = (await sources()).filter((file) =>
    /\/(utils?|helpers?|types|common|misc|index)\.tsx?$/.test(file)
  );
  assert.deepEqual(vague, []);
});

Deno.test("every module says what it is for", async () => {
  const silent: string[] = [];
  for (const file of await sources()) {
    if (/_(test|bench)\.ts$|\/tests?\//.test(file) || file.startsWith("tests/")) continue;
    if (!(await Deno.readTextFile(ROOT + file)).slice(0, 2_000).includes("@module")) {
      silent.push(file);
    }
  }
  assert.deepEqual(silent, []);
});

Deno.test("every package that a member names stands in the README with its reason", async () => {
  const readme = await Deno.readTextFile(`${ROOT}README.md`);
  const missing: string[] = [];
  for (const member of [".", "shared", "hub", "edge"]) {
    const { imports = {} } = JSON.parse(await Deno.readTextFile(`${ROOT}${member}/deno.json`)) as {
      imports?: Record<string, string>;
    };
    for (const target of Object.values(imports)) {
      const name = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@\d+\.\d+\.\d+/.exec(target)?.[1];
      assert.ok(name !== undefined, `${member}/deno.json: ${target} names no exact version`);
      if (!readme.includes(`\`${name}\``)) missing.push(name);
    }
  }
  assert.deepEqual([...new Set(missing)], []);
});
