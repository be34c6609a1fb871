/**
 * Which fields a query of each kind of thing may name, and where they lie.
 *
 * @module
 */
import { type SQL, sql } from "drizzle-orm";
import { experiments, metricSeries, runs } from "../../db/schema/mod.ts";
import type { FieldName } from "../query/query.ts";
import { queryError } from "../query/query.ts";

/** How a field is compared: text, number, time (ISO 8601 in the table), or a param, which may be either. */
export type FieldKind = "text" | "number" | "time" | "param";

/** A field in the database. */
export interface Field {
  readonly kind: FieldKind;
  /** Its value; null where a row lacks it. */
  readonly value: SQL;
  /** Whether `!=` holds for rows that lack it. */
  readonly absentDiffers?: boolean;
}

/** Finds the field of a name. @throws {AppError} `input-invalid` where there is none */
export type Fields = (name: FieldName) => Field;

/** Attributes by name: how each is compared, and where it lies. */
export type Attributes = Readonly<Record<string, readonly [FieldKind, SQL]>>;

/** A member of a JSON object in `column`. */
export function member(column: SQL, { name, position }: FieldName): SQL {
  if (/["\\]|\p{Cc}/u.test(name)) {
    throw queryError(position, "names of params and tags hold no quotes and no backslashes", name);
  }
  return sql`json_extract(${column}, ${`$."${name}"`})`;
}

/** The attribute of that name. @throws {AppError} `input-invalid` where there is none */
export function attribute(attributes: Attributes, { name, position }: FieldName): Field {
  const found = attributes[name.toLowerCase()];
  if (found === undefined) {
    const known = Object.keys(attributes).join(", ");
    throw queryError(
      position,
      `attributes are ${known}; others are metrics.NAME, params.NAME, tags.NAME`,
      name,
    );
  }
  return { kind: found[0], value: found[1] };
}

/** Refuses metrics and params of `what`. @throws {AppError} `input-invalid` */
export function refuseEntity({ entity, position }: FieldName, what: string): never {
  throw queryError(position, `${what} have attributes and tags only`, entity);
}

const note = sql`json_extract(${runs.tags}, '$."mlflow.note.content"')`;
const user =
  sql`coalesce(json_extract(${runs.tags}, '$."mlflow.user"'), json_extract(${runs.tags}, '$.by'))`;
const status = sql`CASE ${runs.state} WHEN 'running' THEN 'RUNNING' WHEN 'succeeded' THEN 'FINISHED'
  WHEN 'cancelled' THEN 'KILLED' ELSE 'FAILED' END`;
const experimentName = sql`(SELECT e.name FROM ${experiments} e WHERE e.id = ${runs.experiment})`;

const RUN_ATTRIBUTES: Attributes = {
  id: ["text", sql`${runs.id}`],
  run_id: ["text", sql`${runs.id}`],
  name: ["text", sql`${runs.name}`],
  run_name: ["text", sql`${runs.name}`],
  state: ["text", sql`${runs.state}`],
  status: ["text", status],
  kind: ["text", sql`${runs.kind}`],
  catalogue: ["text", sql`${runs.catalogue}`],
  experiment: ["text", experimentName],
  experiment_id: ["number", sql`${runs.experiment}`],
  dataset: ["text", sql`${runs.datasetDigest}`],
  bundle: ["text", sql`${runs.bundleDigest}`],
  code_version: ["text", sql`${runs.codeVersion}`],
  device: ["text", sql`${runs.device}`],
  user: ["text", user],
  user_id: ["text", user],
  note: ["text", note],
  error: ["text", sql`${runs.error}`],
  created: ["time", sql`${runs.createdAt}`],
  start_time: ["time", sql`${runs.startedAt}`],
  end_time: ["time", sql`${runs.endedAt}`],
};

/** Fields of runs. */
export const RUN_FIELDS: Fields = (field) => {
  switch (field.entity) {
    case "metrics":
      return {
        kind: "number",
        value: sql`(SELECT m.last_value FROM ${metricSeries} m
          WHERE m.run = ${runs.seq} AND m.name = ${field.name})`,
      };
    case "params": {
      const value = member(sql`${runs.params}`, field);
      const type = sql`json_type(${runs.params}, ${`$."${field.name}"`})`;
      return {
        kind: "param",
        value: sql`CASE ${type} WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'
          ELSE CAST(${value} AS TEXT) END`,
      };
    }
    case "tags":
      return { kind: "text", value: member(sql`${runs.tags}`, field) };
    case "attributes":
      return attribute(RUN_ATTRIBUTES, field);
  }
};

const EXPERIMENT_ATTRIBUTES: Attributes = {
  id: ["number", sql`${experiments.id}`],
  experiment_id: ["number", sql`${experiments.id}`],
  name: ["text", sql`${experiments.name}`],
  catalogue: ["text", sql`${experiments.catalogue}`],
  creation_time: ["time", sql`${experiments.createdAt}`],
  last_update_time: ["time", sql`${experiments.updatedAt}`],
};

/** Fields of experiments. */
export const EXPERIMENT_FIELDS: Fields = (field) => {
  if (field.entity === "tags") {
    return { kind: "text", value: member(sql`${experiments.tags}`, field) };
  }
  if (field.entity === "attributes") return attribute(EXPERIMENT_ATTRIBUTES, field);
  return refuseEntity(field, "experiments");
};
