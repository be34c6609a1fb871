/**
 * The commands that serve: `hub`, and `edge` in a process of its own with an edge's few permissions.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { parsePort } from "../config.ts";
import { readEnvFile, serveHub } from "../main.ts";
import type { Arguments, Command, CommandContext } from "./command.ts";
import { spawnEdge } from "./edge_process.ts";

/** A port from a flag. @throws {AppError} `usage` */
export function portOption(args: Arguments, name: string): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const problems: string[] = [];
  const port = parsePort(text, `--${name}`, problems);
  if (problems.length > 0) throw new AppError("usage", problems.join("; "));
  return port;
}

const hub: Command = {
  name: "hub",
  serves: true,
  summary: "Serves the hub: API, dashboard, jobs and clock, until Ctrl-C.",
  options: [
    { name: "port", value: "PORT", help: "port (default: HUB_PORT, else 8000)" },
    {
      name: "host",
      value: "ADDRESS",
      help: "address to listen on (default: HUB_HOST, else 127.0.0.1)",
    },
  ],
  async run(args, context) {
    const { terminal, signal } = context;
    const config = {
      ...context.config,
      port: portOption(args, "port") ?? context.config.port,
      host: args.text("host") ?? context.config.host,
    };
    await serveHub({
      config,
      params: await context.params(),
      signal,
      onReady({ url, adminToken, edgeEnvFile }) {
        terminal.print(`Hub          ${url}   (API ${url}/docs)`);
        if (adminToken !== null) {
          terminal.print(`Admin token  ${adminToken}   (shown once: keep it)`);
        }
        terminal.print(
          `Edges        deno task edge --catalogue NAME   (settings in ${edgeEnvFile})`,
        );
      },
    });
  },
};

const edge: Command = {
  name: "edge",
  serves: true,
  summary:
    "Serves predictions, in a process without write, run, ffi or sys permission, until Ctrl-C.",
  options: [
    { name: "port", value: "PORT", help: "port (default: EDGE_PORT, else 8080)" },
    { name: "catalogue", value: "NAME", help: "catalogue to serve (default: EDGE_CATALOGUE)" },
    {
      name: "hub",
      value: "URL",
      help: "the hub (default: EDGE_HUB_URL, else the hub of this data folder)",
    },
  ],
  examples: [
    "deno task edge --catalogue demo",
    "EDGE_TOKEN=... EDGE_PUBLIC_KEY=... deno task edge --hub https://hub.example",
  ],
  async run(args, context) {
    const port = portOption(args, "port");
    const overrides = {
      ...(port === undefined ? {} : { EDGE_PORT: String(port) }),
      ...given("EDGE_CATALOGUE", args.text("catalogue")),
      ...given("EDGE_HUB_URL", args.text("hub")),
    };
    await using child = spawnEdge({ ...await edgeEnvironment(context), ...overrides });
    context.signal.addEventListener("abort", () => child.stop(), { once: true });
    const { success, code } = await child.status;
    if (!success && !context.signal.aborted) {
      throw new AppError(
        code === 2 ? "usage" : "internal",
        `The edge ended with exit status ${code}`,
      );
    }
  },
};

/** What the hub wrote for edges of this machine, under what the environment says. */
async function edgeEnvironment(context: CommandContext): Promise<Record<string, string>> {
  const fromFile = await readEnvFile(`${context.config.dataDir}/edge.env`);
  const fromEnv = Object.entries(context.env).flatMap(([name, value]) =>
    name.startsWith("EDGE_") && value !== undefined && value !== "" ? [[name, value] as const] : []
  );
  return { ...fromFile, ...Object.fromEntries(fromEnv) };
}

function given(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

/** `hub` and `edge`. */
export const SERVER_COMMANDS: readonly Command[] = [hub, edge];
