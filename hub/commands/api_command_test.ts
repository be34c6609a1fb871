import assert from "node:assert/strict";
import type { ApiDocument } from "../api/client_source.ts";
import { emptyDeps, wholeApp } from "../testing/every_route.ts";
import { bodyMediaOf, callOf, callsOf, requestOf } from "./api_request.ts";
import { API_COMMANDS } from "./api_command.ts";
import { readArguments } from "./command.ts";

const document = await (await wholeApp(emptyDeps()).request("/openapi.json", {
  headers: { authorization: "Bearer viewer" },
})).json() as ApiDocument;

/** Commands that say more of an operation than `api` does. Every other operation is `api`'s. */
const VERBS: Readonly<Record<string, string>> = {
  "start-check": "check",
  "start-ingest": "ingest",
  "start-split": "split",
  "start-train": "train",
  "start-evaluate": "evaluate",
  "start-pipeline": "pipeline",
  "start-merge": "merge",
  "start-retrain": "retrain",
  "start-tune": "tune",
  "start-simulate": "simulate",
  "start-job": "pipeline",
  "put-blob": "pipeline",
  promote: "promote",
  rollback: "rollback",
  "list-models": "models",
  "list-runs": "runs",
  "list-datasets": "datasets",
  "list-labels": "labels",
  "add-label": "labels",
  "rename-label": "labels",
  "merge-labels": "labels",
  "list-jobs": "jobs",
  "get-job": "jobs",
  "cancel-job": "jobs",
  "list-schedules": "schedules",
  "set-schedule": "schedules",
  "switch-schedule": "schedules",
  "remove-schedule": "schedules",
  "run-schedule": "schedules",
  "list-feedback": "feedback",
  "start-gc": "gc",
  "list-tokens": "tokens",
  "create-token": "tokens",
  "rotate-token": "tokens",
  "revoke-token": "tokens",
};

Deno.test("each operation has a verb: one of its own, or api with words that make the same request", () => {
  for (const [id, call] of callsOf(document)) {
    const { parameters = [], requestBody } = call.operation as unknown as {
      parameters?: readonly { name: string; in: string; example: unknown }[];
      requestBody?: { content: Record<string, { example: Record<string, unknown> }> };
    };
    const media = bodyMediaOf(call);
    const body = media === "application/json" ? requestBody!.content[media]!.example : null;
    const words = [
      ...parameters.filter((p) => p.in !== "header").map((p) => `${p.name}=${p.example}`),
      ...Object.entries(body ?? {}).map(([name, value]) =>
        `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
      ),
    ];
    const request = requestOf(call, words);
    // A member that is also in the path or the query goes there.
    const placed = new Set(parameters.map((p) => p.name));
    const expected = Object.fromEntries(
      Object.entries(body ?? {}).filter(([name]) => !placed.has(name)),
    );
    assert.deepEqual(request.body ?? {}, expected, id);
    const url = new URL(request.path, "http://hub");
    assert.ok(!url.pathname.includes("{"), id);
    for (const p of parameters) {
      if (p.in === "query") assert.equal(url.searchParams.get(p.name), String(p.example), id);
      if (p.in === "path") assert.ok(url.pathname.includes(encodeURIComponent(`${p.example}`)), id);
    }
  }
});

Deno.test("the verbs are commands that there are, of operations that there are", async () => {
  const tasks = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  ).tasks as Record<string, string>;
  const calls = callsOf(document);
  for (const [id, verb] of Object.entries(VERBS)) {
    assert.ok(calls.has(id), `${id} is no operation`);
    assert.match(tasks[verb] ?? "", /hub\/cli\.ts/, verb);
  }
});

Deno.test("api takes any number of words; wrong ones are told with those that it takes", () => {
  const words = ["promote", ...Array.from({ length: 9 }, (_, i) => `a${i}=1`)];
  assert.equal(readArguments(API_COMMANDS[0]!, words).positionals.length, 10);
  assert.throws(() => callOf(document, "promot"), /Did you mean promote/);
  const call = callOf(document, "promote");
  assert.throws(() => requestOf(call, ["digest=x"]), /catalogue is missing.*why= \(body\)/);
  assert.throws(() => requestOf(call, ["catalogue"]), /not name=value/);
  const read = callOf(document, "get-job");
  assert.throws(() => requestOf(read, ["id=x", "more=1"]), /there is no more/);
});

Deno.test("words overrule what the file says, and are JSON where the API takes no text", () => {
  const { path, body } = requestOf(
    callOf(document, "promote"),
    ["catalogue=a b", "why=7", "force=true"],
    { why: "file", digest: "d" },
  );
  assert.equal(path, "/api/v1/catalogues/a%20b/promote");
  assert.deepEqual(body, { why: "7", digest: "d", force: true });
});

Deno.test("a command either goes through the hub, wherever that is, or says that it works here", async () => {
  const folder = new URL("./", import.meta.url), wrong: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!/_commands?\.ts$/.test(name)) continue;
    const source = await Deno.readTextFile(new URL(name, folder));
    const commands =
      source.match(/^(const \w+: Command = \{|export const \w+_COMMANDS.*\[\{)$/gm) ?? [];
    const here = source.match(/^ {2}serves: true,$/gm) ?? [];
    if (!source.includes("connectHub(") && here.length < commands.length) wrong.push(name);
  }
  assert.deepEqual(wrong, []);
});
