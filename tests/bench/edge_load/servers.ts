/**
 * The servers of a load, each in a process of its own: started, waited for, their CPU time and memory read off /proc.
 *
 * @module
 */
import { FAKE_TOKEN, type FakeHub } from "../../../edge/testing/fake_hub.ts";
import { ROOT } from "../commands.ts";
import { cpuSecondsOf } from "../measured_command.ts";

const PYTHON = "/usr/bin/python3";
const HERE = new URL("./", import.meta.url).pathname;
const START_MS = 60_000;

/** A running server. */
export interface Server extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** From the start of the process until it served a model, milliseconds. */
  readonly readyMs: number;
  /** CPU time of the process so far, all its threads, milliseconds. Neither server has children. */
  cpuMs(): number;
  /** Resident now, bytes. */
  residentBytes(): number;
}

/** Which entry of the edge to start: the usual one, or the one with native libraries. */
export type EdgeEntry = "main" | "native_main";

/** Starts an edge of `hub` with its own permissions. */
export async function startEdge(
  name: string,
  hub: FakeHub,
  entry: EdgeEntry,
  env: Readonly<Record<string, string>>,
): Promise<Server> {
  const port = freePort();
  const set = entry === "main" ? "edge" : "edge-native";
  return await started(name, port, Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", `-P=${set}`, `edge/${entry}.ts`],
    cwd: ROOT,
    env: {
      EDGE_PORT: String(port),
      EDGE_HUB_URL: hub.url.href,
      EDGE_TOKEN: FAKE_TOKEN,
      EDGE_PUBLIC_KEY: hub.publicKey,
      EDGE_CATALOGUE: "demo",
      EDGE_CACHE: "memory",
      ...env,
    },
  });
}

/** Starts `script` of this folder in Python. */
export async function startPeer(
  name: string,
  script: string,
  args: readonly string[],
): Promise<Server> {
  const port = freePort();
  return await started(name, port, PYTHON, {
    args: [HERE + script, String(port), ...args],
    cwd: HERE,
    env: { ORT_LIB: ortLibrary(), OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
  });
}

async function started(
  name: string,
  port: number,
  program: string,
  options: Deno.CommandOptions,
): Promise<Server> {
  const startMs = performance.now();
  const child = new Deno.Command(program, { ...options, stdout: "null", stderr: "inherit" })
    .spawn();
  const dispose = async () => {
    try {
      child.kill("SIGTERM");
    } catch (error) {
      // It has ended already
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
    await child.status;
  };
  const ready = async (): Promise<boolean> => {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`);
      await response.body?.cancel();
      return response.status === 200;
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  };
  while (!await ready()) {
    if (performance.now() - startMs > START_MS) {
      await dispose();
      throw new Error(`${name} was not ready after ${START_MS} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    name,
    port,
    readyMs: performance.now() - startMs,
    cpuMs: () => cpuSecondsOf(child.pid) * 1000,
    residentBytes: () => {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

function ortLibrary(): string {
  return `${ROOT}node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1`;
}

/** Why the peers cannot run here; null where they can. */
export async function whyNoPeers(): Promise<string | null> {
  try {
    const { success } = await new Deno.Command(PYTHON, {
      args: ["-c", "import sklearn, fastapi, uvicorn, multipart, PIL"],
      stderr: "null",
    }).output();
    return success ? null : `${PYTHON} lacks sklearn, fastapi, uvicorn, multipart or PIL`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `there is no ${PYTHON}`;
    throw error;
  }
}
