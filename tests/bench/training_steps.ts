/**
 * The three networks of the peer's bench, for the engine: an MLP 1024-512-27 at batch 256, a CNN over 64 x 64 pictures
 * at batch 32, AdamW in both. Run as a program it prints steps a second as one line of JSON.
 *
 * @module
 */
import process from "node:process";
import { rng } from "@aisle/shared/random";
import { quantile } from "@aisle/shared/stats";
import {
  conv,
  dense,
  globalAveragePool,
  type GraphBuilder,
  relu,
  softmaxCrossEntropy,
  type Tensor,
} from "../../hub/model/graph/mod.ts";
import { openExecutor } from "../../hub/training/executors/open_executor.ts";
import {
  type Batch,
  initialState,
  type Network,
  normal,
  planTraining,
  sparseBag,
} from "../../hub/training/network/mod.ts";

const CLASSES = 27;

/** A network with data for one batch, and what a step costs. */
interface Case {
  readonly network: Network;
  readonly batch: Batch;
  /** Multiplications and additions of the forward pass, twice that again for the gradients. */
  readonly flopsAStep: number;
}

function labels(rows: number, random: () => number) {
  return {
    shape: [rows],
    data: Int32Array.from({ length: rows }, () => Math.floor(random() * CLASSES)),
  };
}

function networkOf(logits: (g: GraphBuilder) => Tensor): Network {
  return {
    training: (g) => ({ loss: softmaxCrossEntropy(logits(g), g.input("labels", ["N"], "int32")) }),
    serving: (g) => ({ logits: logits(g) }),
  };
}

function mlp(): Case {
  const random = rng(1), draw = normal(random);
  const layer = (g: GraphBuilder, name: string, x: Tensor, i: number, o: number) =>
    g.layer(name, () => dense(x, g.parameter("w", [i, o]), g.parameter("b", [o])));
  return {
    network: networkOf((g) => {
      const h = relu(layer(g, "hidden", g.input("x", ["N", 1024]), 1024, 512));
      return layer(g, "head", h, 512, CLASSES);
    }),
    batch: {
      x: { shape: [256, 1024], data: Float32Array.from({ length: 256 * 1024 }, draw) },
      labels: labels(256, random),
    },
    // The first layer's picture gradient is not needed
    flopsAStep: 2 * 256 * (2 * 1024 * 512 + 3 * 512 * CLASSES),
  };
}

function cnn(): Case {
  const random = rng(1), draw = normal(random);
  const channels = [3, 32, 64, 128, 128];
  let flops = 3 * 2 * 32 * 128 * CLASSES, size = 64;
  channels.slice(1).forEach((out, i) => {
    size /= 2;
    flops += (i === 0 ? 2 : 3) * 2 * 32 * size * size * out * channels[i]! * 9;
  });
  return {
    network: networkOf((g) => {
      let h = g.input("x", ["N", 3, 64, 64]);
      channels.slice(1).forEach((out, i) => {
        const kernel = g.parameter(`conv${i}/kernel`, [out, channels[i]!, 3, 3]);
        const bias = g.parameter(`conv${i}/bias`, [out]);
        h = relu(conv(h, kernel, bias, { strides: [2, 2], pads: [1, 1, 1, 1] }));
      });
      return dense(
        globalAveragePool(h),
        g.parameter("w", [128, CLASSES]),
        g.parameter("b", [CLASSES]),
      );
    }),
    batch: {
      x: { shape: [32, 3, 64, 64], data: Float32Array.from({ length: 32 * 3 * 64 * 64 }, draw) },
      labels: labels(32, random),
    },
    flopsAStep: flops,
  };
}

function bagOfRows(): Case {
  const random = rng(1), rows = 256, ids = 64, vocabulary = 50_000, width = 128;
  // As words come: the k-th most frequent with a chance of 1 / k
  const zipf = () =>
    Math.min(vocabulary - 1, Math.floor(Math.exp(random() * Math.log(vocabulary + 1)) - 1));
  const head = (g: GraphBuilder, x: Tensor) =>
    dense(x, g.parameter("w", [width, CLASSES]), g.parameter("b", [CLASSES]));
  return {
    network: {
      training(g) {
        const bag = sparseBag(g, { name: "table", vocabulary, width, rows, ids });
        const logits = head(g, bag.tensor);
        return {
          loss: softmaxCrossEntropy(logits, g.input("labels", ["N"], "int32")),
          bags: [bag],
        };
      },
      serving: (g) => ({ logits: head(g, g.input("x", ["N", width])) }),
    },
    batch: {
      table: { shape: [rows, ids], data: Int32Array.from({ length: rows * ids }, zipf) },
      labels: labels(rows, random),
    },
    flopsAStep: 2 * rows * ids * width + 3 * 2 * rows * width * CLASSES,
  };
}

const CASES: Record<string, () => Case> = { mlp, bag: bagOfRows, cnn };

/** What one process measured. */
export interface MeasuredSteps {
  readonly adapter: string;
  readonly stepsPerSecond: number;
  readonly stepsPerCpuSecond: number;
  readonly flopsPerSecond: number;
}

async function measure(
  name: string,
  seconds: number,
  device: "cpu" | "webgpu",
): Promise<MeasuredSteps> {
  const { network, batch, flopsAStep } = CASES[name]!();
  const program = planTraining(network, {
    optimizer: { kind: "adamw" },
    role: () => ({ rate: 1, decay: true }),
  });
  await using executor = await openExecutor(program, { device });
  await executor.load(initialState(program, { seed: 1 }));
  let step = 0;
  const one = () => executor.step(batch, { step: ++step, rate: 1e-3, readLoss: true });
  for (let i = 0; i < 5; i++) await one();
  const rates: number[] = [], cpu = process.cpuUsage(), before = step;
  for (let chunk = 0; chunk < 5; chunk++) {
    const start = performance.now(), first = step;
    while (performance.now() - start < seconds * 200) await one();
    rates.push((step - first) * 1000 / (performance.now() - start));
  }
  const used = process.cpuUsage(cpu);
  const stepsPerSecond = quantile(rates, 0.5);
  return {
    adapter: executor.report.adapter,
    stepsPerSecond,
    stepsPerCpuSecond: (step - before) / ((used.user + used.system) / 1e6),
    flopsPerSecond: stepsPerSecond * flopsAStep,
  };
}

if (import.meta.main) {
  const [name = "mlp", seconds = "5", device = "cpu"] = Deno.args;
  console.log(JSON.stringify(await measure(name, Number(seconds), device as "cpu" | "webgpu")));
  Deno.exit(0);
}
