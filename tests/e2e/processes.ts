/**
 * Real processes for the end-to-end tests: commands, hubs and edges as users start them, on free ports of loopback.
 *
 * @module
 */
import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url).pathname;
const DENO = Deno.execPath();
const decoder = new TextDecoder();

/** What a command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `deno task NAME ...` with its state under `dataDir`. */
export async function runTask(
  dataDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const { code, stdout, stderr } = await new Deno.Command(DENO, {
    args: ["task", "-q", ...args],
    cwd: ROOT,
    env: { AISLE_DATA: dataDir, ...env },
    stdin: "null",
  }).output();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Like {@linkcode runTask}, and it must succeed; its answer as JSON. */
export async function runJson<T>(
  dataDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { code, stdout, stderr } = await runTask(dataDir, [...args, "--json"], env);
  assert.equal(code, 0, `deno task ${args.join(" ")}: ${stderr}\n${stdout}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}

/** A started process. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  /** Everything that it wrote so far. */
  output(): string;
  readonly status: Promise<Deno.CommandStatus>;
  signal(signal: Deno.Signal): void;
  /** SIGKILL, and wait until it is gone. */
  kill9(): Promise<void>;
}

async function start(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  address: RegExp,
  cwd = ROOT,
  under: readonly string[] = [],
): Promise<Running> {
  const [program = DENO, ...rest] = [...under, DENO];
  const child = new Deno.Command(program, {
    args: [...rest, "run", "-q", "--no-prompt", ...args],
    cwd,
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  const found = Promise.withResolvers<string>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const url = address.exec(text)?.[1];
      if (url !== undefined) found.resolve(url);
    }
  };
  const drained = Promise.all([read(child.stdout), read(child.stderr)])
    .then(() => found.reject(new Error(`It ended before it served: ${text}`)));
  found.promise.catch(() => {/* told to whoever awaits it */});
  const end = async (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
    await child.status;
    await drained;
  };
  try {
    return {
      pid: child.pid,
      url: await found.promise,
      output: () => text,
      status: child.status.then(async (status) => {
        await drained;
        return status;
      }),
      signal: (signal) => child.kill(signal),
      kill9: () => end("SIGKILL"),
      [Symbol.asyncDispose]: () => end("SIGTERM"),
    };
  } catch (error) {
    await end("SIGKILL");
    throw error;
  }
}

/** Starts a hub on a free port. */
export async function startHub(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  return await start(
    ["-P=hub", "hub/cli.ts", "hub", "--port", env["HUB_PORT"] ?? "0"],
    { AISLE_DATA: dataDir, HUB_LOG: "warn", ...env },
    /^Hub +(http\S+)/m,
  );
}

/** Starts an edge of `catalogue` on a free port, `under` another program if given, and waits until it is ready. */
export async function startEdge(
  dataDir: string,
  catalogue: string,
  env: Readonly<Record<string, string>> = {},
  under: readonly string[] = [],
): Promise<Running> {
  const settings = Object.fromEntries(
    (await Deno.readTextFile(`${dataDir}/edge.env`)).trim().split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const edge = await start(
    ["-P=edge", "edge/main.ts"],
    {
      ...settings,
      EDGE_PORT: "0",
      EDGE_CATALOGUE: catalogue,
      EDGE_POLL_MS: "300",
      EDGE_CACHE: "memory",
      ...env,
    },
    /"url":"(http[^"]+)"/,
    ROOT,
    under,
  );
  await until(`${edge.url} to be ready`, async () => {
    const response = await fetch(`${edge.url}/readyz`);
    await response.body?.cancel();
    return response.ok || env["EDGE_MAY_WAIT"] === "yes";
  });
  return edge;
}

/** Starts an edge of `env` alone, which may have so many files open, and waits until it is ready. */
export async function startEdgeOf(
  env: Readonly<Record<string, string>>,
  openFiles?: number,
): Promise<Running> {
  const under = openFiles === undefined
    ? []
    : ["sh", "-c", `ulimit -n ${openFiles}; exec "$0" "$@"`];
  const edge = await start(["-P=edge", "edge/main.ts"], env, /"url":"(http[^"]+)"/, ROOT, under);
  await until(`${edge.url} to be ready`, async () => {
    const response = await fetch(`${edge.url}/readyz`);
    await response.body?.cancel();
    return response.ok;
  });
  return edge;
}

/** Starts the bundled edge in `folder` under the permissions that it ships with, and waits until it is ready. */
export async function startBundledEdge(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<Running> {
  const edge = await start(["-P=edge", "edge.js"], env, /"url":"(http[^"]+)"/, folder);
  await until(`${edge.url} to be ready`, async () => {
    const response = await fetch(`${edge.url}/readyz`);
    await response.body?.cancel();
    return response.ok;
  });
  return edge;
}

/** Asks `probe` until it is true. */
export async function until(
  what: string,
  probe: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!await probe()) {
    assert.ok(performance.now() < endMs, `Waiting for ${what} took too long`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Posts JSON; the status and the answer. */
export async function post<T>(url: string, body: unknown): Promise<{ status: number; body: T }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() as T };
}

/** The hub's API as the lock file's holder lets it be asked. */
export async function hubJson<T>(
  dataDir: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const { url, token } = JSON.parse(await Deno.readTextFile(`${dataDir}/hub.lock`)) as {
    url: string;
    token: string;
  };
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

/** Ids of the processes that `pid` started. */
export async function childrenOf(pid: number): Promise<number[]> {
  const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return children.trim().split(/\s+/).filter((id) => id !== "").map(Number);
}

/** A folder that is gone after the test. */
export async function scratch(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "aisle-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
