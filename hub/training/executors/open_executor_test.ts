import assert from "node:assert/strict";
import { spiralNetwork } from "../../testing/networks.ts";
import { planTraining } from "../network/mod.ts";
import { type DeviceChoice, openExecutor } from "./open_executor.ts";
import type { WebGpu, WebGpuFound } from "./webgpu_device.ts";

const program = planTraining(spiralNetwork, { optimizer: { kind: "sgd" } });

async function reportOf(device: DeviceChoice, found: WebGpuFound) {
  await using executor = await openExecutor(program, {
    device,
    find: () => Promise.resolve(found),
  });
  return executor.report;
}

function gpu(software: boolean, open: WebGpu["open"]): { gpu: WebGpu } {
  const never = () => {
    throw new Error("not asked for");
  };
  return {
    gpu: {
      adapter: "a GPU",
      software,
      limits: { maxBufferSize: 1 },
      tensor: never,
      open,
      upload: never,
      check: () => {},
      close: never,
    },
  };
}
const works = gpu(false, () => Promise.resolve({ release: () => Promise.resolve() } as never));
const broken = gpu(false, () => Promise.reject(new Error("no such node")));

Deno.test("openExecutor() falls back to the CPU with the reason, never silently", async () => {
  const missing = { missing: "no adapter" };
  for (
    const [device, found, reason] of [
      ["cpu", works, /^asked for$/],
      ["auto", missing, /^auto: no adapter$/],
      ["webgpu", missing, /^webgpu was asked for: no adapter$/],
      ["auto", gpu(true, broken.gpu.open), /^auto: a GPU is software, slower than the CPU/],
      ["webgpu", broken, /^webgpu was asked for: a GPU does not open this network: no such node$/],
    ] as const
  ) {
    const report = await reportOf(device, found);
    assert.equal(report.device, "cpu");
    assert.match(report.reason, reason);
  }
});

Deno.test("openExecutor() takes the GPU, and reports adapter, limits and why", async () => {
  const report = { device: "webgpu", adapter: "a GPU", limits: { maxBufferSize: 1 } };
  assert.deepEqual(await reportOf("auto", works), { ...report, reason: "auto: a GPU is there" });
  assert.deepEqual(await reportOf("webgpu", works), { ...report, reason: "asked for" });
});
