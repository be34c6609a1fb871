/**
 * Writes what `finetune_torch.py` needs to compare gradients: the last blocks of MobileNetV2 as they are trained, a
 * batch at the cut, and the gradients that our graph gives.
 *
 *   deno run -A tests/parity/finetune_gradients.ts FOLDER [BLOCKS] [SIZE]
 *   python3 tests/parity/finetune_torch.py FOLDER
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import { loadImageEncoder } from "../../hub/encoders/load_image_encoder.ts";
import { gradients, GraphBuilder } from "../../hub/model/graph/mod.ts";
import { openGraph } from "../../hub/testing/graph_session.ts";
import { fineTuneNetwork, planFineTune } from "../../hub/vision/fine_tune.ts";
import { softTargets } from "../../hub/vision/targets.ts";

const [folder, blocks = "3", side = "96"] = Deno.args;
if (folder === undefined) throw new Error("Name a folder to write into");
const size = Number(side), n = 6, classes = 7;
await Deno.mkdir(folder, { recursive: true });
const encoder = await loadImageEncoder("mobilenet-v2", { size });
const plan = planFineTune(encoder.graph, Number(blocks)), random = rng(1);
const data = Uint8Array.from(
  { length: n * size * size * 3 },
  (_, i) => Math.floor(128 + 90 * Math.sin(i / (7 + i % 5)) + 30 * random()),
);
await using front = await openGraph(plan.front!);
const atCut = (await front.run({ pixels: { shape: [n, size, size, 3], data } }))[plan.cut]!;
const network = fineTuneNetwork(plan, {
  cutShape: atCut.shape.slice(1),
  dims: encoder.dims,
  classes,
});
const g = new GraphBuilder();
const { loss } = network.training(g);
g.output("loss", loss);
gradients(loss, g.parameters).forEach((d, i) => g.output(`d:${g.parameters[i]!.name}`, d));
const labels = Int32Array.from({ length: n }, (_, i) => i % classes);
const targets = softTargets(labels.map((_, i) => i), { labels, classes }, 0.1);
const weights = Object.fromEntries(g.parameters.map(({ name, shape }) => {
  const sizes = shape as readonly number[], length = sizes.reduce((a, b) => a * b, 1);
  const drawn = () => Float32Array.from({ length }, () => (random() - 0.5) * 0.1);
  return [name, { shape: sizes, data: plan.weights[name] ?? drawn() }];
}));
await using session = await openGraph(g.build());
const run = await session.run({ features: atCut, targets: targets as never, ...weights });
const files: Record<string, { shape: readonly number[]; file: string }> = {};
const keep = async (name: string, shape: readonly number[], values: Float32Array) => {
  const file = `${Object.keys(files).length}.f32`;
  files[name] = { shape, file };
  await Deno.writeFile(`${folder}/${file}`, new Uint8Array(values.slice().buffer));
};
await keep("features", atCut.shape, atCut.data);
await keep("targets", targets.shape, targets.data as Float32Array);
for (const [name, { shape, data }] of Object.entries(weights)) await keep(name, shape, data);
for (const { name, shape, data } of plan.back.initializers) {
  if (!(name in files) && data instanceof Float32Array) await keep(name, shape, data);
}
for (const [name, { shape, data }] of Object.entries(run)) await keep(`ours:${name}`, shape, data);
await Deno.writeTextFile(
  `${folder}/graph.json`,
  JSON.stringify({ cut: plan.cut, nodes: plan.back.nodes, files, trains: Object.keys(weights) }),
);
console.log(
  `${blocks} blocks from ${plan.cut} [${atCut.shape}], ${plan.back.nodes.length} nodes, loss ${
    run["loss"]!.data[0]
  }`,
);
