/**
 * An example for each parameter of the OpenAPI document that brings none of its own.
 *
 * @module
 */
import { EXAMPLE } from "./schemas.ts";

/** A parameter as it stands in the document. */
export interface Parameter {
  readonly name: string;
  readonly schema?: Readonly<Record<string, unknown>>;
  example?: unknown;
}

/** By name, where the name says more than the type. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  catalogue: EXAMPLE.catalogue,
  id: EXAMPLE.id,
  cursor: "120",
  limit: 50,
  after: 0,
  offset: 0,
  query: "metrics.weightedF1 > 0.8",
  ids: `${EXAMPLE.id},0190b5d2-7f3e-7cc0-b4b5-9f6f2d6a3c12`,
  metrics: "weightedF1,loss",
  points: 500,
  actor: "alice",
  action: "promote",
  code: "2583",
  predicted: "2585",
};

/** Gives `parameter` an example: by its name, its values, its form or its type. */
export function addExample(parameter: Parameter): void {
  if (parameter.example !== undefined || parameter.schema?.["example"] !== undefined) return;
  parameter.example = exampleOf(parameter.name, parameter.schema ?? {});
}

function exampleOf(name: string, schema: Readonly<Record<string, unknown>>): unknown {
  const values = schema["enum"];
  if (Array.isArray(values)) return values[0];
  if (schema["format"] === "date-time") return EXAMPLE.at;
  if (typeof schema["pattern"] === "string" && schema["pattern"].includes("{64}")) {
    return EXAMPLE.digest;
  }
  const types = [schema["type"]].flat(), named = BY_NAME[name];
  if (named !== undefined && types.includes(typeof named === "number" ? "integer" : "string")) {
    return named;
  }
  if (types.includes("integer") || types.includes("number")) return schema["minimum"] ?? 1;
  if (types.includes("boolean")) return true;
  return EXAMPLE.id;
}
