/**
 * Registered models and versions as MLflow writes them.
 *
 * @module
 */
import type { ModelVersion } from "../registry/model_versions.ts";
import type { RegisteredModel } from "../registry/registered_models.ts";
import { millis, pairsOf } from "./wire.ts";

/** A version as it travels. */
export function versionOut(version: ModelVersion) {
  return {
    name: version.model,
    version: String(version.version),
    creation_timestamp: millis(version.createdAt),
    last_updated_timestamp: millis(version.updatedAt),
    user_id: version.by,
    current_stage: version.stage,
    description: version.description,
    source: version.source,
    run_id: version.runId,
    run_link: version.runLink,
    status: "READY",
    tags: pairsOf(version.tags),
    aliases: version.aliases,
  };
}

/** A model as it travels, with the highest version of each stage. */
export function modelOut(model: RegisteredModel, latest: readonly ModelVersion[]) {
  return {
    name: model.name,
    creation_timestamp: millis(model.createdAt),
    last_updated_timestamp: millis(model.updatedAt),
    description: model.description,
    latest_versions: latest.map(versionOut),
    tags: pairsOf(model.tags),
    aliases: Object.entries(model.aliases).map(([alias, version]) => ({
      alias,
      version: String(version),
    })),
  };
}
