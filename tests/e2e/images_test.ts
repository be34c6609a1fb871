/**
 * The images without a container engine: compose's own check of the file, the Dockerfiles' very commands in clean
 * folders, and what must hold of them. That they build and run in an engine is not shown here.
 */
import assert from "node:assert/strict";
import { readEnvFile } from "../../hub/main.ts";
import { build, type Built, imageEnvironment, instructions } from "./image_steps.ts";
import { scratch, until } from "./processes.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

async function has(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["version"], stdout: "null", stderr: "null" })
      .output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
const COMPOSE = await has("docker-compose");

Deno.test({
  name:
    `docker-compose.yml is valid: a hub, two edges, a proxy, and the libSQL server as a profile${
      COMPOSE ? "" : ": skipped, there is no docker-compose"
    }`,
  ignore: !COMPOSE,
  fn: async () => {
    const { code, stdout, stderr } = await new Deno.Command("docker-compose", {
      args: ["-f", `${ROOT}docker-compose.yml`, "config"],
      env: { EDGE_TOKEN: "from-the-environment", EDGE_PUBLIC_KEY: "k" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const told = new TextDecoder().decode(stdout).split(/^(?=\w)/m)
      .find((section) => section.startsWith("services:"))!;
    const services = new Map(
      told.split(/^(?= {2}\w)/m).slice(1).map((text) => [/^ {2}([\w-]+):/.exec(text)![1]!, text]),
    );
    assert.deepEqual([...services.keys()].sort(), ["edge-1", "edge-2", "hub", "libsql", "proxy"]);
    for (const [name, text] of services) {
      assert.equal(/^ +profiles:\n +- libsql$/m.test(text), name === "libsql", name);
    }
    assert.match(services.get("edge-2")!, /EDGE_TOKEN: from-the-environment/);
  },
});

Deno.test("every image is pinned by version, runs as nobody special, checks its health and holds no secret", async () => {
  const compose = await Deno.readTextFile(`${ROOT}docker-compose.yml`);
  const images = [...compose.matchAll(/^ +image: (\S+)$/gm)].map(([, image]) => image!);
  for (const file of ["Dockerfile.hub", "Dockerfile.edge"]) {
    const steps = await instructions(file);
    images.push(...steps.flatMap(([name, rest]) => name === "FROM" ? [rest.split(" ")[0]!] : []));
    const names = steps.map(([name]) => name);
    assert.ok(names.lastIndexOf("USER") > names.lastIndexOf("FROM"), `${file}: who runs it`);
    assert.ok(names.includes("HEALTHCHECK") && names.includes("VOLUME"), file);
    for (const [name, rest] of steps) {
      assert.ok(!["ARG", "ENV"].includes(name) || !/TOKEN|SECRET|PASS|KEY/.test(rest), rest);
      if (rest.startsWith("npm install")) assert.match(rest, /deno@\d+\.\d+\.\d+$/);
    }
  }
  for (const image of images.filter((image) => !image.startsWith("aisle-"))) {
    assert.match(image, /:v?\d+\.\d+(\.\d+)?(-[\w.-]+)?$/, `${image} names no version`);
  }
  for (const [, name, value] of compose.matchAll(/^ +(\w*(?:TOKEN|KEY)\w*): (.*)$/gm)) {
    assert.match(value!, /^\$\{\w+:-\}$/, `${name} has a value of its own`);
  }
  const versions = new Set<string>();
  for (const file of ["Dockerfile.hub", "Dockerfile.edge", "README.md", ".ci/run"]) {
    for (
      const [, version] of (await Deno.readTextFile(ROOT + file)).matchAll(/deno@(\d[\d.]*\d)/g)
    ) {
      versions.add(version!);
    }
  }
  assert.equal(versions.size, 1, `Deno's version is ${[...versions]}`);
});

/** Starts what the image starts, on `port`, and asks its health check until it is well. */
async function started(
  { folder, environment, command, healthCheck }: Built,
  ports: readonly [image: string, here: string],
  env: Readonly<Record<string, string>>,
) {
  const here = (text: string) => text.replace(ports[0], ports[1]);
  const all = {
    ...imageEnvironment(),
    ...Object.fromEntries(Object.entries(environment).map(([key, text]) => [key, here(text)])),
    ...env,
  };
  const options = { cwd: folder, clearEnv: true, env: all, stdin: "null" } as const;
  const child = new Deno.Command(command[0]!, {
    ...options,
    args: command.slice(1),
    stdout: "null",
    stderr: "null",
  }).spawn();
  await until("the health check", async () => {
    const [program, ...args] = healthCheck;
    return (await new Deno.Command(program!, { ...options, args: args.map(here) }).output())
      .success;
  });
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      assert.equal((await child.status).code, 0);
    },
  };
}

function freePort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return String(listener.addr.port);
}

Deno.test("what the Dockerfiles do gives, in clean folders, a hub and an edge that are well", async () => {
  await using folder = await scratch();
  const hub = await build("Dockerfile.hub", `${folder.path}/hub`);
  const edge = await build("Dockerfile.edge", `${folder.path}/edge`);
  assert.deepEqual(hub.leftOut.length, 2);
  const files = (await Array.fromAsync(Deno.readDir(edge.folder))).map(({ name }) => name);
  assert.deepEqual(files.filter((name) => !/\.(js|wasm|json)$|^health\.ts$/.test(name)), []);
  const data = `${folder.path}/data`, port = freePort();
  await using _hub = await started(hub, ["8000", port], {
    AISLE_DATA: data,
    HUB_HOST: "127.0.0.1",
  });
  const { EDGE_TOKEN, EDGE_PUBLIC_KEY } = await readEnvFile(`${data}/edge.env`);
  await using _edge = await started(edge, ["8080", freePort()], {
    EDGE_HUB_URL: `http://127.0.0.1:${port}`,
    EDGE_TOKEN: EDGE_TOKEN!,
    EDGE_PUBLIC_KEY: EDGE_PUBLIC_KEY!,
    EDGE_CATALOGUE: "demo",
    EDGE_HOST: "127.0.0.1",
    DENO_DIR: `${folder.path}/cache`,
  });
});
