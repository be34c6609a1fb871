import assert from "node:assert/strict";
import { registryTest } from "./registry_suite.ts";

registryTest(
  "thin() leaves a bounded curve of runs that ended long ago, once, and nothing else changes",
  async ({ registry }) => {
    const log = async (n: number, ended: boolean) => {
      const { id } = await registry.clientRuns.create({ experiment: 0 });
      const metrics = Array.from(
        { length: n },
        (_, step) => ({ name: "loss", step, value: step / 7, atMs: step }),
      );
      await registry.clientRuns.log(id, {
        metrics: [...metrics, { name: "nan", step: 0, value: NaN, atMs: 0 }],
      });
      if (ended) await registry.clientRuns.update(id, { state: "succeeded", endedAtMs: 1000 });
      return id;
    };
    const [long, short, running] = [
      await log(1234, true),
      await log(50, true),
      await log(1234, false),
    ];
    const before = await registry.runs.get(long);
    const thin = () =>
      registry.retention.thin({ endedBefore: "1970-01-01T01:00:00.000Z", keepPoints: 100 });
    const points = async (id: string) => (await registry.runs.metrics(id, "loss"))[0]!.points;
    const done = await thin();
    const left = await points(long);
    assert.ok(left.length <= 100 && left.length > 50, String(left.length));
    assert.deepEqual(done, { curves: 1, removed: 1234 - left.length });
    assert.deepEqual([left[0]!.step, left.at(-1)!.step], [0, 1233]);
    assert.deepEqual(await registry.runs.get(long), before);
    assert.deepEqual([(await points(short)).length, (await points(running)).length], [50, 1234]);
    assert.deepEqual(await thin(), { curves: 0, removed: 0 });
    const early = { endedBefore: "1970-01-01T00:00:00.500Z", keepPoints: 2 };
    assert.deepEqual(await registry.retention.thin(early), { curves: 0, removed: 0 });
  },
);
