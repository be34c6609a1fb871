/**
 * Conditions as SQL. Every value and every name that came from outside is a bound parameter.
 *
 * @module
 */
import { type SQL, sql } from "drizzle-orm";
import { type Comparison, type Condition, type Literal, queryError } from "../query/query.ts";
import type { Field, Fields } from "./fields.ts";

const OPERATORS: Readonly<Record<Exclude<Comparison, "like" | "ilike">, SQL>> = {
  "=": sql.raw("="),
  "!=": sql.raw("<>"),
  "<": sql.raw("<"),
  "<=": sql.raw("<="),
  ">": sql.raw(">"),
  ">=": sql.raw(">="),
};

/** `condition` as an SQL expression that is 0 or 1, never null, so that `not` finds exactly the others. */
export function conditionSql(condition: Condition, fields: Fields): SQL {
  switch (condition.kind) {
    case "and":
    case "or": {
      const parts = condition.parts.map((part) => conditionSql(part, fields));
      return sql`(${sql.join(parts, sql.raw(` ${condition.kind} `))})`;
    }
    case "not":
      return sql`(NOT ${conditionSql(condition.part, fields)})`;
    case "null":
      return sql`(${fields(condition.field).value} IS NULL)`;
    case "in": {
      const field = fields(condition.field);
      const found = condition.values.map((value) => compare(field, "=", value, condition.position));
      return sql`(${sql.join(found, sql.raw(" or "))})`;
    }
    case "compare":
      return compare(fields(condition.field), condition.op, condition.value, condition.position);
  }
}

function compare(field: Field, op: Comparison, value: Literal, position: number): SQL {
  if (op === "like" || op === "ilike") {
    if (typeof value !== "string" || field.kind === "number" || field.kind === "time") {
      throw queryError(position, "like compares a text with a text in quotes", String(value));
    }
    return op === "ilike"
      ? sql`coalesce(${field.value} LIKE ${value}, 0)`
      : sql`coalesce(${field.value} GLOB ${globOf(value)}, 0)`;
  }
  const bound = boundValue(field, value, position);
  const absent = op === "!=" && field.absentDiffers ? 1 : 0;
  return sql`coalesce(${comparable(field, value)} ${OPERATORS[op]} ${bound}, ${absent})`;
}

/** The field as the kind of thing that `value` is. */
function comparable(field: Field, value: Literal): SQL {
  if (field.kind !== "param" || typeof value === "string") return field.value;
  // A param is a number where it looks like one.
  return sql`CASE WHEN ${field.value} GLOB '[0-9]*' OR ${field.value} GLOB '[-+.][0-9.]*'
    THEN CAST(${field.value} AS REAL) END`;
}

function boundValue(field: Field, value: Literal, position: number): Literal {
  switch (field.kind) {
    case "param":
      return value;
    case "text":
      if (typeof value === "string") return value;
      throw queryError(position, "this field is a text: put the value in quotes", String(value));
    case "number": {
      if (typeof value === "number") return value;
      throw queryError(position, "this field is a number: leave the quotes away", value);
    }
    case "time": {
      const at = new Date(value);
      if (!Number.isNaN(at.getTime())) return at.toISOString();
      throw queryError(position, "a time is ISO 8601 or milliseconds since 1970", String(value));
    }
  }
}

/** SQL's LIKE pattern as a GLOB, which minds upper and lower case. */
function globOf(pattern: string): string {
  return pattern.replaceAll(/[*?[]/g, "[$&]").replaceAll("%", "*").replaceAll("_", "?");
}
