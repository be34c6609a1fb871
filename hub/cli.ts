/**
 * The command line: reads the environment, finds the command, tells errors, sets the exit status.
 *
 * 0 is success, 1 failure, 2 wrong usage.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { type Command, type CommandContext, helpOf, readArguments } from "./commands/command.ts";
import { createTerminal } from "./commands/terminal.ts";
import { EDGE_ENV, HUB_ENV, hubConfig } from "./config.ts";
import { nearest, parseParams } from "./params.ts";

/** Modules by command, loaded when their command is asked for. */
const COMMANDS: Readonly<Record<string, () => Promise<readonly Command[]>>> = {
  ...Object.fromEntries(
    ["check", "ingest", "pipeline", "split", "train", "evaluate", "merge", "retrain"].map((
      name,
    ) => [
      name,
      async () => (await import("./commands/pipeline_commands.ts")).PIPELINE_COMMANDS,
    ]),
  ),
  promote: async () => (await import("./commands/release_commands.ts")).RELEASE_COMMANDS,
  rollback: async () => (await import("./commands/release_commands.ts")).RELEASE_COMMANDS,
  runs: async () => (await import("./commands/list_commands.ts")).LIST_COMMANDS,
  models: async () => (await import("./commands/list_commands.ts")).LIST_COMMANDS,
  datasets: async () => (await import("./commands/list_commands.ts")).LIST_COMMANDS,
  feedback: async () => (await import("./commands/feedback_command.ts")).FEEDBACK_COMMANDS,
  jobs: async () => (await import("./commands/jobs_command.ts")).JOBS_COMMANDS,
  schedules: async () => (await import("./commands/schedules_command.ts")).SCHEDULES_COMMANDS,
  edges: async () => (await import("./commands/edges_command.ts")).EDGES_COMMANDS,
  review: async () => (await import("./commands/review_command.ts")).REVIEW_COMMANDS,
  monitor: async () => (await import("./commands/monitor_commands.ts")).MONITOR_COMMANDS,
  alerts: async () => (await import("./commands/monitor_commands.ts")).MONITOR_COMMANDS,
  webhooks: async () => (await import("./commands/monitor_commands.ts")).MONITOR_COMMANDS,
  labels: async () => (await import("./commands/labels_command.ts")).LABELS_COMMANDS,
  import: async () => (await import("./commands/import_command.ts")).IMPORT_COMMANDS,
  api: async () => (await import("./commands/api_command.ts")).API_COMMANDS,
  tokens: async () => (await import("./commands/tokens_command.ts")).TOKENS_COMMANDS,
  predict: async () => (await import("./commands/predict_command.ts")).PREDICT_COMMANDS,
  hub: async () => (await import("./commands/server_commands.ts")).SERVER_COMMANDS,
  edge: async () => (await import("./commands/server_commands.ts")).SERVER_COMMANDS,
  backup: async () => (await import("./commands/backup_command.ts")).BACKUP_COMMANDS,
  gc: async () => (await import("./commands/gc_command.ts")).GC_COMMANDS,
  restore: async () => (await import("./commands/backup_command.ts")).BACKUP_COMMANDS,
  tune: async () => (await import("./commands/tune_command.ts")).TUNE_COMMANDS,
  simulate: async () => (await import("./commands/simulate_command.ts")).SIMULATE_COMMANDS,
  demo: async () => (await import("./commands/demo_command.ts")).DEMO_COMMANDS,
};

/** Codes of what the caller asked for wrongly; the exit status is 2 then. */
const WRONG_USAGE = new Set(["usage", "input-invalid", "params-invalid"]);

async function main(argv: readonly string[]): Promise<number> {
  // By name: the permission set lets nothing else of the environment be seen.
  const env = Object.fromEntries(
    [...HUB_ENV, ...EDGE_ENV].map((name) => [name, Deno.env.get(name)]),
  );
  const encoder = new TextEncoder();
  const write = (stream: { writeSync(bytes: Uint8Array): number }) => (text: string) => {
    const bytes = encoder.encode(text);
    for (let n = 0; n < bytes.length;) n += stream.writeSync(bytes.subarray(n));
  };
  const terminal = createTerminal({
    isTerminal: Deno.stderr.isTerminal(),
    columns: () => Deno.consoleSize().columns,
    out: write(Deno.stdout),
    err: write(Deno.stderr),
    nowMs: () => performance.now(),
  });
  try {
    const [name = "help", ...rest] = argv;
    const load = COMMANDS[name];
    if (load === undefined) {
      if (["help", "--help", "-h"].includes(name)) {
        terminal.print(
          `deno task NAME [options], NAME one of: ${Object.keys(COMMANDS).join(", ")}`,
        );
        terminal.print("Each has --help.");
        return 0;
      }
      const near = nearest(name, Object.keys(COMMANDS));
      throw new AppError(
        "usage",
        `There is no command ${name}.${near ? ` Did you mean ${near}?` : ""}`,
      );
    }
    const command = (await load()).find((known) => known.name === name)!;
    if (rest.includes("--help") || rest.includes("-h")) {
      terminal.print(helpOf(command));
      return 0;
    }
    const args = readArguments(command, rest);
    const config = hubConfig({
      ...Object.fromEntries(HUB_ENV.map((key) => [key, env[key]])),
      // A server's own settings do not hang on where commands go.
      AISLE_HUB: command.serves ? undefined : args.text("hub") ?? env["AISLE_HUB"],
    });
    const stop = new AbortController();
    const context: CommandContext = {
      config,
      env,
      terminal,
      signal: stop.signal,
      async params() {
        return parseParams(await readParams(config.paramsFile), config.paramsFile);
      },
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => {
        // The second time means now.
        if (stop.signal.aborted) Deno.exit(130);
        stop.abort();
      });
    }
    await command.run(args, context);
    return 0;
  } catch (error) {
    terminal.clear();
    terminal.note(`error: ${messageOf(error)}`);
    const code = error instanceof Error && "code" in error ? String(error.code) : null;
    // An error with a code is a condition, told in full above; without one it is a bug, told with where.
    if (code === null && error instanceof Error) terminal.note(error.stack ?? "");
    return WRONG_USAGE.has(code ?? "") ? 2 : 1;
  }
}

async function readParams(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new AppError(
      "usage",
      `Cannot read the params: there is no file ${file}. Set AISLE_PARAMS to where it is`,
    );
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
