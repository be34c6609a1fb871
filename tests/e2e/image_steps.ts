/**
 * A Dockerfile's own steps, done in a clean folder without a container: COPY copies what the build context has, RUN runs.
 *
 * What only changes the image's system (users, folders of the root, the global Deno) is left out and told.
 *
 * @module
 */
import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url).pathname;

/** What a Dockerfile led to. */
export interface Built {
  /** The last stage's working folder. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
  readonly user: string | null;
  /** Base images, and RUN lines that were left out. */
  readonly images: readonly string[];
  readonly leftOut: readonly string[];
}

/** The instructions of a Dockerfile, comments and line ends gone. */
export async function instructions(file: string): Promise<[string, string][]> {
  const text = (await Deno.readTextFile(ROOT + file)).replaceAll(/\\\n/g, " ");
  return text.split("\n").filter((line) => /^[A-Z]+ /.test(line)).map((line) => {
    const at = line.indexOf(" ");
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
}

/** What changes the image's system alone. */
const SYSTEM = /^(npm install --global deno@|useradd )/;

/** Does the steps of `file` under `folder`. */
export async function build(file: string, folder: string): Promise<Built> {
  const stages = new Map<string, string>();
  const images: string[] = [], leftOut: string[] = [];
  let root = folder, work = folder, environment: Record<string, string> = {};
  let command: string[] = [], healthCheck: string[] = [], user: string | null = null;
  for (const [name, rest] of await instructions(file)) {
    if (name === "FROM") {
      const [, image, stage] = /^(\S+)(?: AS (\S+))?$/.exec(rest)!;
      images.push(image!);
      root = `${folder}/${stage ?? "last"}`;
      stages.set(stage ?? "last", root);
      work = root;
      environment = {};
      user = null;
      await Deno.mkdir(root, { recursive: true });
    } else if (name === "WORKDIR") {
      work = root + rest;
      await Deno.mkdir(work, { recursive: true });
    } else if (name === "COPY") await copy(rest.replace(/--chown=\S+ /, ""), stages, root, work);
    else if (name === "RUN") {
      if (SYSTEM.test(rest)) leftOut.push(rest);
      else await run(rest, work);
    } else if (name === "ENV") {
      for (const pair of rest.split(" ")) {
        const at = pair.indexOf("=");
        environment[pair.slice(0, at)] = pair.slice(at + 1);
      }
    } else if (name === "USER") user = rest;
    else if (name === "CMD") command = JSON.parse(rest);
    else if (name === "HEALTHCHECK") healthCheck = JSON.parse(rest.slice(rest.indexOf("[")));
  }
  return { folder: work, environment, command, healthCheck, user, images, leftOut };
}

async function copy(
  rest: string,
  stages: ReadonlyMap<string, string>,
  root: string,
  work: string,
): Promise<void> {
  const from = /^--from=(\S+) /.exec(rest)?.[1];
  const names = rest.replace(/^--from=\S+ /, "").split(/ +/);
  const to = names.pop()!;
  const target = to.startsWith("/") ? root + to : `${work}/${to}`;
  for (const name of names) {
    // The global Deno is this machine's own.
    if (from !== undefined && name.endsWith("/deno/deno")) continue;
    const source = from === undefined ? ROOT + name : stages.get(from)! + name;
    const { isDirectory } = await Deno.stat(source);
    if (isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, to.endsWith("/") ? `${target}${name}` : target);
  }
}

/** Copies what `.dockerignore` lets into the context. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (name === "node_modules" || name.endsWith("_test.ts")) continue;
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** The environment of the images: this Deno in the path, and nothing of the caller's but where packages come from. */
export function imageEnvironment(): Record<string, string> {
  const kept = ["HOME", "DENO_DIR", "NPM_CONFIG_REGISTRY", "npm_config_registry", "TMPDIR"];
  const folder = Deno.execPath().slice(0, Deno.execPath().lastIndexOf("/"));
  return {
    ...Object.fromEntries(kept.flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    })),
    PATH: `${folder}:/usr/local/bin:/usr/bin:/bin`,
  };
}

async function run(command: string, cwd: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", command],
    cwd,
    clearEnv: true,
    env: imageEnvironment(),
    stdin: "null",
  }).output();
  assert.equal(code, 0, `${command}: ${new TextDecoder().decode(stderr)}`);
}
