/**
 * `simulate`: plays users against edges.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Simulated } from "../scheduler/simulate.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import { CATALOGUE, type Command, JSON_OUTPUT } from "./command.ts";
import { runJob } from "./follow_job.ts";
import { connectHub } from "./hub_client.ts";
import { percent } from "./terminal.ts";

const simulate: Command = {
  name: "simulate",
  summary: "Plays users against edges: unseen products are asked, then told their true code.",
  options: [
    {
      name: "edge",
      value: "URL[,URL]",
      help: "edges to ask in turn (default: http://127.0.0.1:8080)",
    },
    { name: "products", value: "N", help: "number of products (default 50)" },
    {
      name: "rate",
      value: "PER_SECOND",
      help: "requests a second (default: as fast as answers come)",
    },
    {
      name: "wrong",
      value: "SHARE",
      help: "share of the feedback that names a wrong code (default 0)",
    },
    {
      name: "seed",
      value: "N",
      help: "which products, and which lies (default: another each time)",
    },
    CATALOGUE,
    JSON_OUTPUT,
  ],
  async run(args, context) {
    const wrongShare = args.number("wrong") ?? 0;
    if (!(wrongShare >= 0 && wrongShare <= 1)) {
      throw new AppError("usage", `--wrong must be from 0 to 1: current value is ${wrongShare}`);
    }
    await using client = await connectHub(context);
    const catalogue = await chooseCatalogue(args, client);
    const result = await runJob<Simulated>(client, {
      catalogue,
      kind: "simulate",
      input: {
        edges: args.list("edge") ?? ["http://127.0.0.1:8080"],
        products: args.number("products") ?? 50,
        ratePerSecond: args.number("rate"),
        wrongShare,
        seed: args.number("seed"),
      },
    }, context);
    const { terminal } = context;
    if (args.has("json")) return terminal.print(JSON.stringify(result));
    const { predictions, correct, pictures, feedback, stored, wrong, failed, errors } = result;
    terminal.print(
      `Predictions  ${predictions} (${pictures} with a picture), ${
        percent(correct / Math.max(1, predictions))
      } right`,
    );
    terminal.print(
      `Feedback     ${feedback}, ${stored} stored at the hub, ${wrong} wrong on purpose`,
    );
    if (failed > 0) {
      throw new AppError("hub-unreachable", `${failed} requests failed: ${errors.join("; ")}`);
    }
  },
};

/** `simulate`. */
export const SIMULATE_COMMANDS: readonly Command[] = [simulate];
