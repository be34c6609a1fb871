/**
 * An edge in a process of its own, under its own permissions, fed by a hub of the tests with a small fused bundle.
 *
 * @module
 */
import { FAKE_TOKEN, FakeHub } from "../../edge/testing/fake_hub.ts";
import { tinyFusedBundle } from "../../hub/testing/fused_bundle.ts";
import { type Running, startEdgeOf } from "../e2e/processes.ts";

/** A running edge and its hub; dispose it. */
export interface EdgeProcess extends AsyncDisposable {
  readonly edge: Running;
  readonly hub: FakeHub;
  readonly port: number;
  /** Another model is released; its digest. */
  swap(): Promise<string>;
}

/** Starts one and waits until it is ready. */
export async function startEdgeProcess(
  env: Readonly<Record<string, string>> = {},
  openFiles?: number,
): Promise<EdgeProcess> {
  const bundles = await Promise.all([null, 0.5].map((cascade) => tinyFusedBundle({ cascade })));
  const hub = await FakeHub.start();
  await hub.release(bundles[0]!);
  let sequence = 1;
  const edge = await startEdgeOf({
    EDGE_HUB_URL: hub.url.href,
    EDGE_TOKEN: FAKE_TOKEN,
    EDGE_PUBLIC_KEY: hub.publicKey,
    EDGE_CATALOGUE: "demo",
    EDGE_CACHE: "memory",
    EDGE_PORT: "0",
    EDGE_POLL_MS: "500",
    ...env,
  }, openFiles);
  return {
    edge,
    hub,
    port: Number(new URL(edge.url).port),
    async swap() {
      sequence++;
      const { payload } = await hub.release(bundles[(sequence + 1) % 2]!, { sequence });
      return (JSON.parse(payload) as { digest: string }).digest;
    },
    async [Symbol.asyncDispose]() {
      await edge[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

/** Resident memory of a process, in MB. */
export async function residentMb(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** CPU seconds that a process has used. */
export async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
