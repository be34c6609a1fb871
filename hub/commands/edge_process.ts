/**
 * Starts an edge as users run it: its own process, its own permission set.
 *
 * @module
 */

/** A running edge. */
export interface EdgeProcess extends AsyncDisposable {
  readonly pid: number;
  readonly status: Promise<Deno.CommandStatus>;
  /** Asks it to drain and end. */
  stop(): void;
}

/** Starts an edge with `env` beside this process's environment, of which it may read its own variables alone. */
export function spawnEdge(
  env: Readonly<Record<string, string>>,
  output: "inherit" | "null" = "inherit",
): EdgeProcess {
  const root = new URL("../../", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      "-P=edge",
      `--config=${root}deno.json`,
      `${root}edge/main.ts`,
    ],
    cwd: root,
    env: { ...env },
    stdin: "null",
    stdout: output,
    stderr: output,
  }).spawn();
  const stop = () => {
    try {
      child.kill("SIGTERM");
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  };
  return {
    pid: child.pid,
    status: child.status,
    stop,
    async [Symbol.asyncDispose]() {
      stop();
      await child.status;
    },
  };
}
