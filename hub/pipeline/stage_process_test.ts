import assert from "node:assert/strict";
import { openFolderStore } from "../artifact/blob_store.ts";
import { parseParams } from "../params.ts";
import { StageProcess } from "./stage_process.ts";

const X = ",designation,description,productid,imageid\n0,Kettle,red,1,1\n1,Pot,blue,2,2\n";

Deno.test("a stage process runs the next stage too, unless it keeps too much memory", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "aisle-stage-" });
  try {
    const params = parseParams(
      await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
    );
    const { digest } = await (await openFolderStore(`${dataDir}/blobs`)).put(
      new TextEncoder().encode(X),
    );
    const runs = async (keepsAtMostBytes: number) => {
      await using process = new StageProcess(dataDir, { keepsAtMostBytes });
      const call = {
        stage: "check" as const,
        input: { source: { kind: "challenge", x: digest, y: null, images: null }, title: "shop" },
        params,
        checkpointFile: `${dataDir}/checkpoint`,
        signal: new AbortController().signal,
        onEvent: () => {},
      };
      const first = await process.run(call), pid = process.pid;
      return { first, second: await process.run(call), samePid: process.pid === pid };
    };
    const kept = await runs(Infinity), fresh = await runs(1);
    assert.deepEqual([kept.samePid, fresh.samePid], [true, false]);
    assert.deepEqual(kept.second, kept.first);
    assert.deepEqual(fresh.second, kept.first);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
