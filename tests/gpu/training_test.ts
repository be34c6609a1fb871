import { openWebGpuExecutor } from "../../hub/training/executors/webgpu_executor.ts";
import { findWebGpu } from "../../hub/training/executors/webgpu_device.ts";
import { testExecutor } from "../../hub/testing/executor_suite.ts";

const found = await findWebGpu();
testExecutor({
  device: "gpu" in found ? `WebGPU (${found.gpu.adapter})` : "WebGPU",
  skip: "gpu" in found ? null : found.missing,
  open: (program) => {
    if ("missing" in found) throw new RangeError(found.missing);
    return openWebGpuExecutor(program, found.gpu);
  },
});
