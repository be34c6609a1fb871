/**
 * Starts a hub as users run it: its own process. Its token never passes through arguments.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** A running hub. */
export interface HubProcess extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  /** Shown by the hub at its first start; null later. */
  readonly adminToken: string | null;
  readonly status: Promise<Deno.CommandStatus>;
}

/** Options of {@linkcode spawnHub}. */
export interface SpawnHubOptions {
  readonly dataDir: string;
  readonly port: number;
  /** Where its scheduled simulation finds users' edge. */
  readonly edgeUrl: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Starts a hub and waits until it serves. @throws {AppError} what it told when it could not */
export async function spawnHub(options: SpawnHubOptions): Promise<HubProcess> {
  const root = new URL("../../", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      "-P=hub",
      `--config=${root}deno.json`,
      `${root}hub/cli.ts`,
      "hub",
      "--port",
      String(options.port),
    ],
    env: {
      AISLE_DATA: options.dataDir,
      HUB_LOG: options.env["HUB_LOG"] || "warn",
      HUB_SIMULATE_EDGES: options.edgeUrl,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const echo = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      await Deno.stderr.write(new TextEncoder().encode(text));
    }
  })();
  let url: string | null = null, adminToken: string | null = null;
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!/^Edges /m.test(text)) {
    const next = await lines.read();
    if (next.done) break;
    text += next.value;
  }
  url = /^Hub +(\S+)/m.exec(text)?.[1] ?? null;
  adminToken = /^Admin token +(\S+)/m.exec(text)?.[1] ?? null;
  const drained = (async () => {
    while (!(await lines.read()).done);
  })();
  if (url === null) {
    await child.status;
    await echo;
    throw new AppError("usage", "The hub did not start; it says why above");
  }
  return {
    pid: child.pid,
    url,
    adminToken,
    status: child.status,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGTERM");
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
      await child.status;
      await Promise.all([echo, drained]);
    },
  };
}
