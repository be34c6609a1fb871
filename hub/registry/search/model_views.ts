/**
 * Registered models and their versions as one list each: those that clients registered, and the hub's own
 * catalogues with their bundles. A catalogue with bundles hides a client's model of its name.
 *
 * @module
 */
import { type SQL, sql } from "drizzle-orm";
import { catalogues, models, modelVersions, registeredModels } from "../../db/schema/mod.ts";
import { attribute, type Attributes, type Fields, member, refuseEntity } from "./fields.ts";

/** Where the files of a bundle are found, before the catalogue and the digest. */
export const BUNDLE_SOURCE = "mlflow-artifacts:/aisle/";

const notHidden = sql`(SELECT catalogue FROM ${models})`;

/** Every model as `m`: seq (unique over both kinds), own, name, description, tags, aliases, created_at, updated_at. */
export const MODEL_VIEW: SQL = sql`(
  SELECT r.id * 2 AS seq, 0 AS own, r.name, r.description, r.tags, r.aliases, r.created_at, r.updated_at
  FROM ${registeredModels} r WHERE r.name NOT IN ${notHidden}
  UNION ALL
  SELECT c.seq * 2 + 1, 1, c.name, c.title, json_object('aisle.catalogue', c.name), '{}', c.created_at,
    (SELECT max(b.created_at) FROM ${models} b WHERE b.catalogue = c.name)
  FROM ${catalogues} c WHERE c.name IN ${notHidden}) AS m`;

/**
 * Every version as `v`: seq (unique over both kinds), own, name, version, source, run_id, run_link, description,
 * stage, by, tags, created_at, updated_at, digest.
 */
export const VERSION_VIEW: SQL = sql`(
  SELECT o.seq * 2 AS seq, 0 AS own, r.name, o.version, o.source, o.run_id, o.run_link, o.description, o.stage,
    o.by, o.tags, o.created_at, o.updated_at, NULL AS digest
  FROM ${modelVersions} o JOIN ${registeredModels} r ON r.id = o.model WHERE r.name NOT IN ${notHidden}
  UNION ALL
  SELECT b.seq * 2 + 1, 1, b.catalogue, b.version, ${BUNDLE_SOURCE} || b.catalogue || '/' || b.digest,
    coalesce(b.run_id, ''), '', '', 'None', 'aisle',
    json_object('aisle.catalogue', b.catalogue, 'aisle.digest', b.digest, 'aisle.dataset', coalesce(b.dataset, '')),
    b.created_at, b.created_at, b.digest
  FROM ${models} b WHERE b.version IS NOT NULL) AS v`;

const MODEL_ATTRIBUTES: Attributes = {
  name: ["text", sql`m.name`],
  creation_timestamp: ["time", sql`m.created_at`],
  last_updated_timestamp: ["time", sql`m.updated_at`],
  timestamp: ["time", sql`m.updated_at`],
};

/** Fields of models. MLflow's clients ask for models that lack a tag by `!=`. */
export const MODEL_FIELDS: Fields = (field) => {
  if (field.entity === "tags") {
    return { kind: "text", value: member(sql`m.tags`, field), absentDiffers: true };
  }
  return field.entity === "attributes"
    ? attribute(MODEL_ATTRIBUTES, field)
    : refuseEntity(field, "models");
};

const VERSION_ATTRIBUTES: Attributes = {
  name: ["text", sql`v.name`],
  version: ["number", sql`v.version`],
  version_number: ["number", sql`v.version`],
  run_id: ["text", sql`v.run_id`],
  source_path: ["text", sql`v.source`],
  digest: ["text", sql`v.digest`],
  creation_timestamp: ["time", sql`v.created_at`],
  last_updated_timestamp: ["time", sql`v.updated_at`],
};

/** Fields of versions. */
export const VERSION_FIELDS: Fields = (field) => {
  if (field.entity === "tags") {
    return { kind: "text", value: member(sql`v.tags`, field), absentDiffers: true };
  }
  return field.entity === "attributes"
    ? attribute(VERSION_ATTRIBUTES, field)
    : refuseEntity(field, "versions");
};
