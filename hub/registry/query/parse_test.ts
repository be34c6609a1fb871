import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "@aisle/shared/errors";
import { parseOrder, parseQuery } from "./parse.ts";
import type { Condition } from "./query.ts";

/** A condition in a short form that tests can write down. */
function brief(condition: Condition | null): unknown {
  switch (condition?.kind) {
    case undefined:
      return null;
    case "and":
    case "or":
      return { [condition.kind]: condition.parts.map(brief) };
    case "not":
      return { not: brief(condition.part) };
    case "null":
      return `${condition.field.entity} ${condition.field.name} null`;
    case "in":
      return `${condition.field.entity} ${condition.field.name} in ${condition.values.join("|")}`;
    case "compare": {
      const { field, op, value } = condition;
      return `${field.entity} ${field.name} ${op} ${JSON.stringify(value)}`;
    }
  }
}

const where = (text: string) => brief(parseQuery(text).where);

Deno.test("parseQuery() reads conditions and order as people write them", () => {
  const query = parseQuery(
    'metrics.f1_weighted > 0.8 and params.text.ngrams = "2-5" order by metrics.f1_weighted desc, start_time',
  );
  assert.deepEqual(brief(query.where), {
    and: ["metrics f1_weighted > 0.8", 'params text.ngrams = "2-5"'],
  });
  assert.deepEqual(
    query.order.map(({ field, descending }) => [field.entity, field.name, descending]),
    [["metrics", "f1_weighted", true], ["attributes", "start_time", false]],
  );
  assert.deepEqual(parseQuery("  "), { where: null, order: [] });
  assert.equal(parseQuery("order by name").where, null);
});

Deno.test("and binds closer than or, not closest, parentheses as they stand", () => {
  assert.deepEqual(where("a = 1 or b = 2 and not c = 3"), {
    or: ["attributes a = 1", { and: ["attributes b = 2", { not: "attributes c = 3" }] }],
  });
  assert.deepEqual(where("(a = 1 OR b = 2) AND c <> 3"), {
    and: [{ or: ["attributes a = 1", "attributes b = 2"] }, "attributes c != 3"],
  });
});

Deno.test("names and values keep what stands in quotes", () => {
  assert.equal(where("params.`learning rate` = '0.1'"), 'params learning rate = "0.1"');
  assert.equal(where(`params."a ""b" = 'it''s'`), `params a "b = "it's"`);
  assert.equal(
    where("tag.`mlflow.prompt.is_prompt` != 'true'"),
    'tags mlflow.prompt.is_prompt != "true"',
  );
  assert.equal(where("metrics.val/loss-2>=-1.5e-3"), "metrics val/loss-2 >= -0.0015");
  assert.equal(where("attributes.status IN ('A', 'B')"), "attributes status in A|B");
  assert.equal(where("attr.name ILIKE '%x_'"), 'attributes name ilike "%x_"');
  assert.equal(where("params.x is null"), "params x null");
  assert.deepEqual(where("params.x is not null"), { not: "params x null" });
  assert.deepEqual(where("name not in ('a')"), {
    and: [{ not: "attributes name null" }, { not: "attributes name in a" }],
  });
});

Deno.test("errors name the position and what was expected", () => {
  const cases: readonly [string, number, RegExp][] = [
    ["metrics.f1 >", 13, /expected a number, or a text in quotes: current value is the end/],
    ["metrics.f1 0.8", 12, /expected a comparison/],
    ["metrics.f1 > 0.8 metrics.g < 1", 18, /expected and, or, order by, or the end/],
    ["metric.f1 = 'open", 13, /must be closed/],
    ["colour.red = 1", 1, /must be metrics, params, tags or attributes/],
    ["(a = 1", 7, /expected \)/],
    ["a = 1 order by", 15, /expected a field/],
    ["a = 1 order by b sideways", 18, /expected a comma or the end/],
    ["params. x = 1", 9, /expected a name after params\./],
    ["a = 1; drop table runs", 6, /no word begins like this/],
    ["a not like 'x'", 7, /expected in/],
    ["a = 0.8x", 5, /no word begins/],
  ];
  for (const [text, position, rule] of cases) {
    assert.throws(() => parseQuery(text), (error) => {
      assert.ok(error instanceof AppError && error.code === "input-invalid", text);
      assert.match(error.message, rule, text);
      assert.match(error.message, new RegExp(`at position ${position}:`), text);
      assert.deepEqual(error.details, { position });
      return true;
    }, text);
  }
  assert.throws(() => parseQuery("(".repeat(100) + "a = 1"), /at most 40 deep/);
  assert.throws(() => parseQuery(Array(300).fill("a = 1").join(" or ")), /at most 200 conditions/);
  assert.throws(() => parseQuery("a".repeat(20_000)), /at most 10000 characters/);
});

Deno.test("parseOrder() reads one key or several", () => {
  const keys = parseOrder("metrics.`a b` DESC, attributes.start_time ASC");
  assert.deepEqual(keys.map((key) => [key.field.name, key.descending]), [
    ["a b", true],
    ["start_time", false],
  ]);
  assert.throws(() => parseOrder(""), /expected a field/);
});

Deno.test("no text makes the parser do anything but read it or refuse it with a place", () => {
  const piece = fc.constantFrom(
    "metrics.",
    "params.x",
    "tag.`a`",
    "=",
    "!=",
    "'",
    '"',
    "`",
    "(",
    ")",
    ",",
    " and ",
    " or ",
    " not ",
    " in ",
    " is null ",
    " order by ",
    " desc",
    "1e9",
    "-.5",
    "é",
    "\u0000",
    "--",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
    try {
      parseQuery(pieces.join(""));
    } catch (error) {
      assert.ok(error instanceof AppError && error.code === "input-invalid");
      const { position } = error.details as { position: number };
      assert.ok(position >= 1 && position <= pieces.join("").length + 1);
    }
  }));
});
