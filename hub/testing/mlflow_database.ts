/**
 * A tracking database as MLflow 2.x makes it (its tables by SQLAlchemy and alembic), with a little of everything.
 *
 * @module
 */
import { createClient } from "@libsql/client/sqlite3";

/** The tables, as `sqlite_master` of an MLflow 2.x database shows them. */
const TABLES = [
  `CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))`,
  `CREATE TABLE experiments (experiment_id INTEGER NOT NULL, name VARCHAR(256) NOT NULL, artifact_location VARCHAR(256),
    lifecycle_stage VARCHAR(32), creation_time BIGINT, last_update_time BIGINT, CONSTRAINT experiment_pk PRIMARY KEY (experiment_id),
    UNIQUE (name), CONSTRAINT experiments_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')))`,
  `CREATE TABLE experiment_tags (key VARCHAR(250) NOT NULL, value VARCHAR(5000), experiment_id INTEGER NOT NULL,
    CONSTRAINT experiment_tag_pk PRIMARY KEY (key, experiment_id), FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id))`,
  `CREATE TABLE runs (run_uuid VARCHAR(32) NOT NULL, name VARCHAR(250), source_type VARCHAR(20), source_name VARCHAR(500),
    entry_point_name VARCHAR(50), user_id VARCHAR(256), status VARCHAR(9), start_time BIGINT, end_time BIGINT,
    source_version VARCHAR(50), lifecycle_stage VARCHAR(20), artifact_uri VARCHAR(200), experiment_id INTEGER,
    deleted_time BIGINT, CONSTRAINT run_pk PRIMARY KEY (run_uuid),
    CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED')),
    FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id))`,
  `CREATE TABLE metrics (key VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL, run_uuid VARCHAR(32) NOT NULL,
    step BIGINT DEFAULT '0' NOT NULL, is_nan BOOLEAN DEFAULT '0' NOT NULL,
    CONSTRAINT metric_pk PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan),
    FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), CHECK (is_nan IN (0, 1)))`,
  `CREATE TABLE latest_metrics (key VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT, step BIGINT NOT NULL,
    is_nan BOOLEAN NOT NULL, run_uuid VARCHAR(32) NOT NULL, CONSTRAINT latest_metric_pk PRIMARY KEY (key, run_uuid),
    FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), CHECK (is_nan IN (0, 1)))`,
  `CREATE TABLE params (key VARCHAR(250) NOT NULL, value VARCHAR(8000) NOT NULL, run_uuid VARCHAR(32) NOT NULL,
    CONSTRAINT param_pk PRIMARY KEY (key, run_uuid), FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid))`,
  `CREATE TABLE tags (key VARCHAR(250) NOT NULL, value VARCHAR(5000), run_uuid VARCHAR(32) NOT NULL,
    CONSTRAINT tag_pk PRIMARY KEY (key, run_uuid), FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid))`,
  `CREATE TABLE registered_models (name VARCHAR(256) NOT NULL, creation_time BIGINT, last_updated_time BIGINT,
    description VARCHAR(5000), CONSTRAINT registered_model_pk PRIMARY KEY (name), UNIQUE (name))`,
  `CREATE TABLE registered_model_tags (key VARCHAR(250) NOT NULL, value VARCHAR(5000), name VARCHAR(256) NOT NULL,
    CONSTRAINT registered_model_tag_pk PRIMARY KEY (key, name),
    FOREIGN KEY(name) REFERENCES registered_models (name) ON UPDATE cascade)`,
  `CREATE TABLE registered_model_aliases (alias VARCHAR(256) NOT NULL, version INTEGER NOT NULL, name VARCHAR(256) NOT NULL,
    CONSTRAINT registered_model_alias_pk PRIMARY KEY (name, alias),
    FOREIGN KEY(name) REFERENCES registered_models (name) ON UPDATE cascade ON DELETE cascade)`,
  `CREATE TABLE model_versions (name VARCHAR(256) NOT NULL, version INTEGER NOT NULL, creation_time BIGINT,
    last_updated_time BIGINT, description VARCHAR(5000), user_id VARCHAR(256), current_stage VARCHAR(20), source VARCHAR(500),
    run_id VARCHAR(32), status VARCHAR(20), status_message VARCHAR(500), run_link VARCHAR(500), storage_location VARCHAR(500),
    CONSTRAINT model_version_pk PRIMARY KEY (name, version),
    FOREIGN KEY(name) REFERENCES registered_models (name) ON UPDATE CASCADE)`,
  `CREATE TABLE model_version_tags (key VARCHAR(250) NOT NULL, value VARCHAR(5000), name VARCHAR(256) NOT NULL,
    version INTEGER NOT NULL, CONSTRAINT model_version_tag_pk PRIMARY KEY (key, name, version),
    FOREIGN KEY(name, version) REFERENCES model_versions (name, version) ON UPDATE cascade)`,
  `CREATE TABLE datasets (dataset_uuid VARCHAR(36) NOT NULL, experiment_id INTEGER NOT NULL, name VARCHAR(500) NOT NULL,
    digest VARCHAR(36) NOT NULL, dataset_source_type VARCHAR(36) NOT NULL, dataset_source TEXT NOT NULL, dataset_schema TEXT,
    dataset_profile TEXT, CONSTRAINT dataset_pk PRIMARY KEY (experiment_id, name, digest),
    FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id))`,
  `CREATE TABLE inputs (input_uuid VARCHAR(36) NOT NULL, source_type VARCHAR(36) NOT NULL, source_id VARCHAR(36) NOT NULL,
    destination_type VARCHAR(36) NOT NULL, destination_id VARCHAR(36) NOT NULL,
    CONSTRAINT inputs_pk PRIMARY KEY (source_type, source_id, destination_type, destination_id))`,
];

const AT = 1_700_000_000_000;

/** Ids of the runs that {@linkcode writeMlflowDatabase} makes: finished, failed (and deleted), still running. */
export const OLD_RUNS = ["a".repeat(32), "b".repeat(32), "c".repeat(32)] as const;

const ROWS: readonly (readonly [table: string, ...values: (string | number | null)[]])[] = [
  ["alembic_version", "cc1f77228345"],
  ["experiments", 0, "Default", "/srv/mlruns/0", "active", AT, AT],
  ["experiments", 1, "lstm", "/srv/mlruns/1", "active", AT, AT],
  ["experiments", 2, "old tries", "/srv/mlruns/2", "deleted", AT, AT],
  ["experiment_tags", "team", "catalogue", 1],
  ...OLD_RUNS.map((id, i) =>
    [
      "runs",
      id,
      `run ${i}`,
      "LOCAL",
      "train.py",
      "",
      "ann",
      ["FINISHED", "FAILED", "RUNNING"][i]!,
      AT + i,
      i === 2 ? null : AT + 60_000,
      "",
      i === 1 ? "deleted" : "active",
      `/srv/mlruns/1/${id}/artifacts`,
      1,
      null,
    ] as const
  ),
  ["params", "epochs", "10", OLD_RUNS[0]],
  ["params", "text.ngrams", "(1, 2)", OLD_RUNS[0]],
  ["params", "vocabulary", "x".repeat(7_000), OLD_RUNS[0]],
  ["tags", "mlflow.runName", "run 0", OLD_RUNS[0]],
  ["tags", "git", "0123abc", OLD_RUNS[0]],
  ...Array.from(
    { length: 2_500 },
    (_, step) => ["metrics", "loss", 1 / (1 + step), AT + step, OLD_RUNS[0], step, 0] as const,
  ),
  ["metrics", "f1", 0.81, AT, OLD_RUNS[0], 0, 0],
  ["metrics", "odd", 0, AT, OLD_RUNS[0], 0, 1],
  ["metrics", "odd", 1.7976931348623157e308, AT, OLD_RUNS[0], 1, 0],
  ["latest_metrics", "f1", 0.81, AT, 0, 0, OLD_RUNS[0]],
  ["registered_models", "rakuten-lstm", AT, AT, "text model"],
  ["registered_model_tags", "stage", "pilot", "rakuten-lstm"],
  // Version 2 was deleted there.
  ...[1, 3].map((version) =>
    [
      "model_versions",
      "rakuten-lstm",
      version,
      AT,
      AT,
      `v${version}`,
      "ann",
      version === 3 ? "Production" : "None",
      version === 3 ? `/srv/mlruns/1/${OLD_RUNS[0]}/artifacts/model` : "file:///home/ann/model",
      OLD_RUNS[0],
      "READY",
      null,
      null,
      null,
    ] as const
  ),
  ["model_version_tags", "checked", "yes", "rakuten-lstm", 3],
  ["registered_model_aliases", "champion", 3, "rakuten-lstm"],
  ["datasets", "d1", 1, "x_train", "1234", "local", "{}", null, null],
];

/** Writes the database to `path`. */
export async function writeMlflowDatabase(path: string): Promise<void> {
  const client = createClient({ url: `file:${path}` });
  try {
    await client.batch([
      ...TABLES,
      ...ROWS.map(([table, ...args]) => ({
        sql: `INSERT INTO ${table} VALUES (${args.map(() => "?").join(", ")})`,
        args,
      })),
    ], "write");
  } finally {
    client.close();
  }
}
