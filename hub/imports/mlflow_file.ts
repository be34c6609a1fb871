/**
 * What an MLflow tracking database (SQLite, MLflow 1.30 to 3) holds, in the order in which it is sent on.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { ForeignFile, ForeignValue } from "../db/foreign_file.ts";

/** A name with a value, as MLflow's API takes tags and params. */
export interface Pair {
  readonly key: string;
  readonly value: string;
}

/** One experiment. */
export interface OldExperiment {
  readonly id: number;
  readonly name: string;
  readonly deleted: boolean;
  readonly tags: readonly Pair[];
}

/** One run, without what it logged. */
export interface OldRun {
  readonly id: string;
  readonly experiment: number;
  readonly name: string;
  readonly user: string;
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly deleted: boolean;
}

/** One point of a metric; NaN and the infinities as texts, as MLflow's API takes them. */
export interface OldPoint {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
}

/** What a run logged. */
export interface OldLog {
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
  readonly metrics: readonly OldPoint[];
}

/** One registered model with its versions. */
export interface OldModel {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly Pair[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  readonly versions: readonly {
    readonly version: number;
    readonly description: string;
    readonly source: string;
    readonly runId: string;
    readonly stage: string;
    readonly tags: readonly Pair[];
  }[];
}

/** SQLite's largest double, by which MLflow stores infinity. */
const INFINITY = 1.7976931348623157e308;
const NEEDED = ["experiments", "runs", "params", "tags", "metrics"];

const text = (value: ForeignValue | undefined) =>
  value === null || value === undefined ? "" : String(value);
const numberOf = (value: ForeignValue | undefined) =>
  value === null || value === undefined ? null : Number(value);

/** Reads an MLflow database. */
export class MlflowFile {
  readonly #file: ForeignFile;

  /** @throws {AppError} `data-invalid` where it lacks MLflow's tables */
  constructor(file: ForeignFile) {
    this.#file = file;
    const missing = NEEDED.filter((table) => !file.tables.has(table));
    if (missing.length > 0) {
      throw new AppError(
        "data-invalid",
        `Cannot import this database: it is no tracking database of MLflow: it lacks the tables ${
          missing.join(", ")
        }`,
      );
    }
  }

  /** Rows of tables that older versions of MLflow do not have are none. */
  async #rows(table: string, sql: string, args: readonly (string | number)[] = []) {
    return this.#file.tables.has(table) ? await this.#file.rows(sql, args) : [];
  }

  async #pairs(table: string, where: string, args: readonly (string | number)[]): Promise<Pair[]> {
    const rows = await this.#rows(
      table,
      `SELECT key, value FROM ${table} WHERE ${where} ORDER BY key`,
      args,
    );
    return rows.map((row) => ({ key: text(row["key"]), value: text(row["value"]) }));
  }

  async experiments(): Promise<OldExperiment[]> {
    const rows = await this.#file.rows(
      "SELECT experiment_id, name, lifecycle_stage FROM experiments ORDER BY experiment_id",
    );
    return await Promise.all(rows.map(async (row) => ({
      id: Number(row["experiment_id"]),
      name: text(row["name"]),
      deleted: row["lifecycle_stage"] === "deleted",
      tags: await this.#pairs("experiment_tags", "experiment_id = ?", [
        Number(row["experiment_id"]),
      ]),
    })));
  }

  /** Runs of one experiment, in the order in which they began. */
  async runs(experiment: number): Promise<OldRun[]> {
    const rows = await this.#file.rows(
      `SELECT run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage FROM runs
       WHERE experiment_id = ? ORDER BY start_time, run_uuid`,
      [experiment],
    );
    return rows.map((row) => ({
      id: text(row["run_uuid"]),
      experiment,
      name: text(row["name"]),
      user: text(row["user_id"]),
      status: text(row["status"]) || "FINISHED",
      startedAtMs: numberOf(row["start_time"]),
      endedAtMs: numberOf(row["end_time"]),
      deleted: row["lifecycle_stage"] === "deleted",
    }));
  }

  /** What the run `id` logged. */
  async log(id: string): Promise<OldLog> {
    const metrics = await this.#file.rows(
      `SELECT key, value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ?
       ORDER BY key, step, timestamp`,
      [id],
    );
    return {
      params: await this.#pairs("params", "run_uuid = ?", [id]),
      tags: await this.#pairs("tags", "run_uuid = ?", [id]),
      metrics: metrics.map((row) => ({
        key: text(row["key"]),
        value: valueOf(Number(row["value"]), Boolean(row["is_nan"])),
        timestamp: Number(row["timestamp"]),
        step: Number(row["step"]),
      })),
    };
  }

  async models(): Promise<OldModel[]> {
    const rows = await this.#rows(
      "registered_models",
      "SELECT name, description FROM registered_models ORDER BY creation_time, name",
    );
    return await Promise.all(rows.map(async (row) => {
      const name = text(row["name"]);
      return {
        name,
        description: text(row["description"]),
        tags: await this.#pairs("registered_model_tags", "name = ?", [name]),
        aliases: (await this.#rows(
          "registered_model_aliases",
          "SELECT alias, version FROM registered_model_aliases WHERE name = ? ORDER BY alias",
          [name],
        )).map((a) => ({ alias: text(a["alias"]), version: Number(a["version"]) })),
        versions: await this.#versions(name),
      };
    }));
  }

  async #versions(name: string): Promise<OldModel["versions"]> {
    const rows = await this.#rows(
      "model_versions",
      `SELECT version, description, source, run_id, current_stage FROM model_versions
       WHERE name = ? AND current_stage <> 'Deleted_Internal' ORDER BY version`,
      [name],
    );
    return await Promise.all(rows.map(async (row) => ({
      version: Number(row["version"]),
      description: text(row["description"]),
      source: text(row["source"]),
      runId: text(row["run_id"]),
      stage: text(row["current_stage"]) || "None",
      tags: await this.#pairs("model_version_tags", "name = ? AND version = ?", [
        name,
        Number(row["version"]),
      ]),
    })));
  }

  /** Tables with rows that have no counterpart in the hub, with their number of rows. */
  async leftOut(): Promise<Record<string, number>> {
    const left: Record<string, number> = {};
    for (const table of ["datasets", "trace_info", "webhooks", "logged_models"]) {
      const [row] = await this.#rows(table, `SELECT count(*) AS n FROM ${table}`);
      if (Number(row?.["n"] ?? 0) > 0) left[table] = Number(row!["n"]);
    }
    return left;
  }
}

function valueOf(value: number, isNan: boolean): number | string {
  if (isNan || Number.isNaN(value)) return "NaN";
  if (value >= INFINITY) return "Infinity";
  return value <= -INFINITY ? "-Infinity" : value;
}
