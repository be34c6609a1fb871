/**
 * The GPU of this process as ONNX Runtime sees it: found once, shared, and watched.
 *
 * @module
 */
import type * as Ort from "onnxruntime-web/webgpu";
import { AppError, messageOf } from "@aisle/shared/errors";
import type { BatchValue } from "../network/mod.ts";

/** A usable GPU. */
export interface WebGpu {
  /** Vendor, name and driver, as the device gives them. */
  readonly adapter: string;
  /** Whether a processor plays the GPU: good for tests. */
  readonly software: boolean;
  readonly limits: Readonly<Record<string, number>>;
  /** What a run is fed from this side. */
  tensor(data: BatchValue["data"], shape: readonly number[]): Ort.Tensor;
  /** Opens a model; its outputs stay on the device or come back. */
  open(model: Uint8Array, outputs: "cpu" | "gpu-buffer"): Promise<Ort.InferenceSession>;
  /** A copy of `data` on the device. */
  upload(data: Float32Array, shape: readonly number[]): Ort.Tensor;
  /** @throws {AppError} `training-failed` when the device was lost */
  check(cause?: unknown): void;
  /** Gives the device up: what still runs on it fails as on a lost one. */
  close(): void;
}

/** A GPU, or why there is none. */
export type WebGpuFound = { readonly gpu: WebGpu } | { readonly missing: string };

let found: Promise<WebGpuFound> | null = null;

/** The GPU of this process; looked for once. */
export function findWebGpu(): Promise<WebGpuFound> {
  found ??= look();
  return found;
}

/** Limits worth knowing when a run does not fit. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
] as const;

/** Mesa's and Google's software Vulkan, where the driver does not say so itself. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader/i;

/**
 * A feature of Vulkan adapters (writing to a picture format that every desktop driver can write), and of none that
 * Deno reaches through OpenGL: there a first step never comes back and holds the thread, so it must be known before.
 * Deno does not say which way an adapter is reached; OpenGL is tried on Linux alone.
 */
const NOT_OPENGL = "bgra8unorm-storage";

async function look(): Promise<WebGpuFound> {
  if (navigator.gpu === undefined) return { missing: "this Deno has no WebGPU" };
  let adapter: GPUAdapter | null;
  try {
    adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  } catch (error) {
    return { missing: `looking for an adapter failed: ${messageOf(error)}` };
  }
  if (adapter === null) {
    return { missing: "no adapter (no GPU, or no Vulkan, Metal or DX12 driver)" };
  }
  const { vendor, architecture, description } = adapter.info;
  const name = description || [vendor, architecture].filter(Boolean).join(" ") || "unnamed adapter";
  if (Deno.build.os === "linux" && !adapter.features.has(NOT_OPENGL)) {
    return { missing: `${name} is reached through OpenGL: install its Vulkan driver` };
  }
  try {
    return { gpu: await prepare(adapter, name) };
  } catch (error) {
    return { missing: `${name} cannot be used: ${messageOf(error)}` };
  }
}

async function prepare(adapter: GPUAdapter, name: string): Promise<WebGpu> {
  // Inside a Worker `location` has the origin "null", which the module cannot build an address on
  if (globalThis.location?.origin === "null") {
    Object.defineProperty(globalThis, "location", { value: undefined, configurable: true });
  }
  const ort = await import("onnxruntime-web/webgpu");
  ort.env.wasm.numThreads = 1;
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(
      LIMITS.map((limit) => [limit, adapter.limits[limit]]),
    ) as Record<string, number>,
    requiredFeatures: (["shader-f16", "subgroups"] as GPUFeatureName[])
      .filter((feature) => adapter.features.has(feature)),
  });
  let lost: string | null = null;
  device.lost.then(({ message, reason }) => lost = message || reason || "no reason given");
  return {
    adapter: name,
    software: adapter.info.isFallbackAdapter || SOFTWARE.test(name),
    limits: Object.fromEntries(LIMITS.map((limit) => [limit, device.limits[limit]])),
    tensor(data, shape) {
      if (data instanceof Float32Array) return new ort.Tensor("float32", data, shape);
      if (data instanceof Uint8Array) return new ort.Tensor("uint8", data, shape);
      if (data instanceof Int32Array) return new ort.Tensor("int32", data, shape);
      return new ort.Tensor("int64", data, shape);
    },
    open: (model, outputs) =>
      ort.InferenceSession.create(model, {
        executionProviders: [{ name: "webgpu", device }],
        preferredOutputLocation: outputs,
        logSeverityLevel: 3,
      }),
    upload(data, shape) {
      // Buffers are whole words of 16 bytes in ONNX Runtime's own pool; a binding may be larger than its tensor
      const buffer = device.createBuffer({
        size: Math.ceil(data.byteLength / 16) * 16,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
      return ort.Tensor.fromGpuBuffer(buffer, {
        dataType: "float32",
        dims: shape,
        download: () => download(device, buffer, data.length),
        dispose: () => buffer.destroy(),
      });
    },
    close: () => device.destroy(),
    check(cause) {
      if (lost === null) return;
      throw new AppError(
        "training-failed",
        `Cannot go on training on ${name}: the device must not be lost: ${lost}. ` +
          "Go on from the checkpoint in a fresh process, or with training.device: cpu",
        { cause },
      );
    },
  };
}

/** The first `length` floats of `buffer`. */
async function download(
  device: GPUDevice,
  buffer: GPUBuffer,
  length: number,
): Promise<Float32Array<ArrayBuffer>> {
  const staging = device.createBuffer({
    size: buffer.size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const copy = new Float32Array(staging.getMappedRange().slice(0, length * 4));
  staging.destroy();
  return copy;
}
