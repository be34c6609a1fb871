/**
 * Features of a catalogue's pictures: what the stage `pictures` does beside bare sharp and native ONNX Runtime in a
 * loop, in turns, each in a fresh process. Ratios are throughput, ours over bare: 1 is as fast.
 *
 * Needs AISLE_CASES, a folder of cases in the challenge's layout; says so and passes where it is missing.
 * AISLE_PICTURE_ROUNDS: turns of each, 5 by default.
 *
 * @module
 */
import { quantile } from "@aisle/shared/stats";
import { denoJson, ROOT } from "./commands.ts";

const ROUNDS = Number(Deno.env.get("AISLE_PICTURE_ROUNDS") ?? 5);
const cases = Deno.env.get("AISLE_CASES");

interface Took {
  readonly pictures: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMb: number;
}

/** As many files as the Rakuten challenge's zip has. */
const ENTRIES = "99000";
const zip = await Deno.makeTempFile({ suffix: ".zip" });
try {
  await Deno.remove(zip);
  const pack = ["run", "-q", "--no-prompt", "-P=test", "tests/bench/pack_pictures_once.ts"];
  await new Deno.Command(Deno.execPath(), { args: [...pack, ENTRIES, zip], cwd: ROOT }).output();
  const { json } = await denoJson([...pack, ENTRIES, zip]);
  const seconds = (member: string) => Number(json[member]).toFixed(1);
  console.log(
    `zip of ${json["entries"]} pictures, ${json["zipMb"]} MB: listed ${
      seconds("listedSeconds")
    } s, ` +
      `packed ${seconds("packedSeconds")} s, ${json["packs"]} packs, at most ${json["rssMb"]} MB ` +
      `(${json["baseMb"]} MB before)`,
  );
} finally {
  await Deno.remove(zip);
}

if (cases === undefined) {
  console.log("skipped, features of pictures: AISLE_CASES names no folder of cases");
} else {
  const folder = `${cases}/flipkart/train/images`;
  const once = async (mode: string) =>
    (await denoJson([
      "run",
      "-q",
      "--no-prompt",
      "-P=test",
      "tests/bench/encode_pictures_once.ts",
      mode,
      folder,
    ])).json as unknown as Took;
  const modes = ["ours", "bare", "bare-threads"] as const;
  const took = { "ours": [] as Took[], "bare": [] as Took[], "bare-threads": [] as Took[] };
  for (let round = 0; round < ROUNDS; round++) {
    // Which one goes first changes, so that a machine that slows down slows all of them.
    for (const i of modes.keys()) {
      const mode = modes[(i + round) % modes.length]!;
      took[mode].push(await once(mode));
    }
  }
  const rssMb = Math.max(...took.ours.map((one) => one.rssMb));
  console.log(`flipkart: ${took.ours[0]!.pictures} pictures, at most ${rssMb} MB`);
  for (const bare of ["bare", "bare-threads"] as const) {
    for (const [what, member] of [["wall", "seconds"], ["CPU", "cpuSeconds"]] as const) {
      const msEach = ({ pictures, ...one }: Took) => 1000 * one[member] / pictures;
      const [a, b] = [took.ours, took[bare]].map((all) => quantile(all.map(msEach), 0.5));
      const ratios = took.ours.map((one, i) => msEach(took[bare][i]!) / msEach(one));
      console.log(
        `features of a picture, ${what} ${a!.toFixed(1)} ms, ${bare} ${b!.toFixed(1)} ms; ` +
          `ratio ${quantile(ratios, 0.5).toFixed(2)} ` +
          `[${Math.min(...ratios).toFixed(2)}, ${
            Math.max(...ratios).toFixed(2)
          }] (${ROUNDS} in turns)`,
      );
    }
  }
}
