import assert from "node:assert/strict";
import { CodeVersions } from "./code_version.ts";

Deno.test("CodeVersions.of() is the same for the same files and differs between stages", async () => {
  const [a, b] = [new CodeVersions(), new CodeVersions()];
  const gate = ["hub/pipeline/stages/gate.ts"];
  assert.equal(await a.of(gate), await b.of(gate));
  assert.notEqual(await a.of(gate), await a.of(["hub/pipeline/stages/split.ts"]));
});

Deno.test("CodeVersions.of() sees a change in a file that is imported from afar", async () => {
  const root = await Deno.makeTempDir();
  try {
    const write = (file: string, text: string) => Deno.writeTextFile(`${root}/${file}`, text);
    await Deno.mkdir(`${root}/hub`);
    await Deno.mkdir(`${root}/shared`);
    await write("hub/deno.json", `{"imports":{"zod":"npm:zod@4.0.0"}}`);
    await write("shared/deno.json", `{"exports":{"./hash":"./hash.ts"}}`);
    await write("hub/a.ts", `import { b } from "./b.ts";\nimport type { T } from "./types.ts";`);
    await write("hub/b.ts", `export * from "@aisle/shared/hash";\nimport "zod";`);
    await write("hub/types.ts", `export type T = 1;`);
    await write("hub/stranger.ts", `export const s = 1;`);
    await write("shared/hash.ts", `new Worker(new URL("./worker.ts", import.meta.url));`);
    await write("shared/worker.ts", `export const w = 1;`);
    const version = () => new CodeVersions(new URL(`file://${root}/`)).of(["hub/a.ts"]);

    const before = await version();
    await write("hub/stranger.ts", `export const s = 2;`);
    await write("hub/types.ts", `export type T = 2;`);
    assert.equal(await version(), before, "a stranger and a type change nothing");
    await write("shared/worker.ts", `export const w = 2;`);
    const worker = await version();
    assert.notEqual(worker, before, "a worker's code counts");
    await write("hub/deno.json", `{"imports":{"zod":"npm:zod@4.0.1"}}`);
    assert.notEqual(await version(), worker, "a package's version counts");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
