import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { type Command, helpOf, readArguments } from "./command.ts";

const command: Command = {
  name: "sample",
  summary: "Does nothing.",
  options: [
    { name: "out", value: "FILE", help: "where to" },
    { name: "text", value: "COL[,COL]", help: "columns" },
    { name: "force", help: "anyway" },
  ],
  examples: ["deno task sample --out x"],
  run: () => Promise.resolve(),
};

const refusal = (...argv: string[]): string => {
  try {
    readArguments(command, argv).number("out");
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === "usage", String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: "it was accepted" });
};

Deno.test("readArguments() reads values, switches, lists and numbers", () => {
  const args = readArguments(command, ["--out", "12.5", "--text=a, b", "--force"]);
  assert.deepEqual(
    [args.text("out"), args.number("out"), args.list("text"), args.has("force"), args.has("other")],
    ["12.5", 12.5, ["a", "b"], true, false],
  );
});

Deno.test("readArguments() names the nearest option for an unknown one", () => {
  assert.match(refusal("--outt", "x"), /Did you mean --out\?/);
});

Deno.test("readArguments() refuses stray words, missing values and numbers that are none", () => {
  assert.match(refusal("stray"), /stray/);
  assert.match(refusal("--out"), /argument missing|ambiguous|--out/);
  assert.match(refusal("--out", "many"), /--out must be a number: current value is many/);
});

Deno.test("readArguments() takes as many words as the longest form has, and names the first too many", () => {
  const verbs = { ...command, positionals: "[list|add CODE NAME]" };
  assert.deepEqual(readArguments(verbs, ["add", "10", "Books"]).positionals, [
    "add",
    "10",
    "Books",
  ]);
  assert.throws(() => readArguments(verbs, ["add", "10", "Old", "books"]), /"books"/);
});

Deno.test("readArguments() says in one sentence how a value may begin with a dash", () => {
  assert.doesNotMatch(refusal("--out", "-1"), /\n|\.\./);
});

Deno.test("helpOf() shows every option and example", () => {
  const page = helpOf(command);
  for (const part of ["deno task sample", "--out FILE", "--force", "deno task sample --out x"]) {
    assert.ok(page.includes(part), part);
  }
});
