/**
 * `demo`: the whole machine on the demo catalogue, in real processes; with `--exit` it checks itself and ends.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { AliasState } from "../registry/aliases.ts";
import type { PipelineResult } from "../pipeline/pipeline.ts";
import type { Arguments, Command, CommandContext } from "./command.ts";
import { writeDemoFiles } from "./demo_files.ts";
import { checkLoop } from "./demo_self_check.ts";
import { spawnEdge } from "./edge_process.ts";
import { runJob } from "./follow_job.ts";
import { connectHub } from "./hub_client.ts";
import { spawnHub } from "./hub_process.ts";
import { printResult } from "./print_result.ts";
import { portOption } from "./server_commands.ts";
import { waitForOk } from "./wait_for.ts";
import { readEnvFile } from "../main.ts";

/** The demo's catalogue. */
export const DEMO = "demo";
/** Of what is not gold some 120 products train at first; the rest stays unseen, for users to bring. */
const UNSEEN_SHARE = 0.816;
const EDGE_PORT = 8080;

async function demo(args: Arguments, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const exit = args.has("exit");
  const port = portOption(args, "port") ?? context.config.port;
  const edgePort = portOption(args, "edge-port") ?? Number(context.env["EDGE_PORT"] || EDGE_PORT);
  // The self-check starts from nothing each time; a demo to play with goes on where it was.
  const dataDir = exit ? `${context.config.dataDir}/self-check` : context.config.dataDir;
  if (exit) await Deno.remove(dataDir, { recursive: true }).catch(ignoreMissing);
  await Deno.mkdir(dataDir, { recursive: true });
  const edgeUrl = `http://127.0.0.1:${edgePort}`;
  requireFreePort(edgePort, "edge", "--edge-port or EDGE_PORT");
  const here: CommandContext = {
    ...context,
    config: { ...context.config, dataDir, port, remote: null },
  };

  terminal.print(
    "Demo catalogue: emoji in French, to show the machine at work. Real products are harder or easier.",
  );
  const files = await writeDemoFiles(`${dataDir}/demo`);
  terminal.print(
    `Products     ${files.rows} rows, ${files.classes} classes, ${files.pictures} pictures (${dataDir}/demo)`,
  );
  await using hub = await spawnHub({
    dataDir,
    port,
    edgeUrl,
    env: context.env,
    signal: context.signal,
  });
  const hubUrl = hub.url;
  terminal.print(`Hub          ${hubUrl}`);
  if (hub.adminToken !== null) {
    terminal.print(`Admin token  ${hub.adminToken}   (shown once: keep it)`);
  }

  await using client = await connectHub(here);
  const first = await runJob<PipelineResult>(client, {
    catalogue: DEMO,
    kind: "pipeline",
    input: { source: await files.upload(client, DEMO, here), unseenShare: UNSEEN_SHARE },
  }, here);
  printResult("pipeline", first, terminal);

  await using edge = spawnEdge({
    ...await readEnvFile(`${dataDir}/edge.env`),
    EDGE_PORT: String(edgePort),
    EDGE_CATALOGUE: DEMO,
    ...(exit ? { EDGE_CACHE: "memory", EDGE_POLL_MS: "500" } : {}),
  }, "null");
  await waitForOk(`${edgeUrl}/readyz`, { signal: context.signal, died: edge.status });
  terminal.print(`Edge         ${edgeUrl}   (try it there; API ${edgeUrl}/docs)`);
  if (exit) {
    await checkLoop({ client, context: here, edgeUrl, catalogue: DEMO, sample: files.sample });
    terminal.print("Self-check passed.");
    return;
  }
  const { champion } = await client.json<AliasState>("GET", `/api/v1/catalogues/${DEMO}/aliases`);
  terminal.print(`Champion     ${champion?.slice(0, 12) ?? "none"}`);
  terminal.print(
    `Users        deno task simulate --catalogue demo --edge ${edgeUrl}   (in another terminal)`,
  );
  terminal.print("Ctrl-C stops both.");
  await new Promise<void>((stop) => {
    context.signal.addEventListener("abort", () => stop(), { once: true });
    edge.status.then(() => stop());
    hub.status.then(() => stop());
  });
}

/** @throws {AppError} `usage` when somebody listens on `port` */
function requireFreePort(port: number, what: string, how: string): void {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new AppError(
      "usage",
      `Cannot start the ${what}: port ${port} is taken. Choose another with ${how}`,
    );
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** `demo`. */
export const DEMO_COMMANDS: readonly Command[] = [{
  name: "demo",
  serves: true,
  summary: "Everything on a small real catalogue, then serves hub and one edge until Ctrl-C.",
  options: [
    { name: "exit", help: "check the whole loop through real HTTP in a fresh folder, then stop" },
    { name: "port", value: "PORT", help: "the hub's port (default: HUB_PORT, else 8000)" },
    { name: "edge-port", value: "PORT", help: "the edge's port (default: EDGE_PORT, else 8080)" },
  ],
  run: demo,
}];
