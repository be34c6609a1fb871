/**
 * The environment of a run: what ran it and on what, kept with the run so that it can be told apart and repeated.
 *
 * @module
 */
import { hashJson } from "@aisle/shared/hash";
import type { Params } from "../params.ts";

/** Kept as the run's `environment.json`. */
export interface RunEnvironment {
  readonly format: "aisle-environment/1";
  readonly deno: string;
  readonly v8: string;
  readonly typescript: string;
  readonly os: string;
  readonly osRelease: string;
  readonly arch: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Packages that compute, with their exact versions. */
  readonly packages: Readonly<Record<string, string>>;
  /** Hash of all params of the run. */
  readonly paramsDigest: string;
  /** Hash of the code of all stages. */
  readonly codeVersion: string;
}

/** Packages whose version changes the bits of a result. */
const COMPUTING = ["onnxruntime-node", "onnxruntime-web/webgpu", "sharp"];

/** What this process and machine are, for a run with `params` of the stages' code `codeVersion`. */
export async function runEnvironment(
  { params, codeVersion }: { readonly params: Params; readonly codeVersion: string },
): Promise<RunEnvironment> {
  return {
    format: "aisle-environment/1",
    ...Deno.version,
    os: Deno.build.os,
    osRelease: Deno.osRelease(),
    arch: Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memoryBytes: Deno.systemMemoryInfo().total,
    packages: await computingPackages(),
    paramsDigest: hashJson(params),
    codeVersion,
  };
}

/** The tags by which runs are found: few, short, and the same on every run of one set-up. */
export function environmentTags(environment: RunEnvironment): Record<string, string> {
  const { deno, v8, os, arch, cores, packages, paramsDigest, codeVersion } = environment;
  return {
    "env.deno": deno,
    "env.v8": v8,
    "env.os": `${os} ${arch}`,
    "env.cores": String(cores),
    "env.onnxruntime": packages["onnxruntime-node"] ?? "",
    "params.digest": paramsDigest,
    "code.stages": codeVersion,
  };
}

/** Versions as the hub's import map has them: exact, and what the lock file installs. */
async function computingPackages(): Promise<Record<string, string>> {
  const { imports } = JSON.parse(
    await Deno.readTextFile(new URL("../deno.json", import.meta.url)),
  ) as { imports: Record<string, string> };
  return Object.fromEntries(
    COMPUTING.flatMap((name) => {
      const version = /@(\d[^/]*)/.exec(imports[name] ?? "")?.[1];
      return version === undefined ? [] : [[name.split("/")[0]!, version]];
    }),
  );
}
