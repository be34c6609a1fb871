/**
 * Where the hub's things are: parsed once from the environment, all problems told together, frozen.
 *
 * Nothing here changes what is learned: that is `params.yaml`.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** The hub's resolved configuration. */
export interface HubConfig {
  /** Folder of everything that lasts. */
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** `file:` for the embedded database, `http(s):` or `libsql:` for a server. */
  readonly databaseUrl: string;
  readonly databaseToken: string | undefined;
  readonly paramsFile: string;
  /** Edges that the scheduled simulation plays users against. */
  readonly simulateEdges: readonly string[];
  /** Hosts (`name` or `name:port`) that webhooks may reach although they are internal, and without TLS. */
  readonly webhookHosts: readonly string[];
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** The hub elsewhere that commands go through; null for the one of the data folder. */
  readonly remote: RemoteHub | null;
  /** Where scheduled backups go, and the file with the passphrase that seals the release key in them. */
  readonly backupDir: string | undefined;
  readonly backupPassphraseFile: string | undefined;
}

/** A hub that is reached over the network. */
export interface RemoteHub {
  readonly url: string;
  readonly token: string;
}

/** Names of the environment variables that the hub reads. */
export const HUB_ENV = [
  "AISLE_DATA",
  "AISLE_PARAMS",
  "AISLE_HUB",
  "AISLE_TOKEN",
  "HUB_HOST",
  "HUB_PORT",
  "HUB_DATABASE_URL",
  "HUB_DATABASE_TOKEN",
  "HUB_SIMULATE_EDGES",
  "HUB_WEBHOOK_HOSTS",
  "HUB_LOG",
  "HUB_BACKUP_DIR",
  "HUB_BACKUP_PASSPHRASE_FILE",
] as const;

/** Names of an edge's variables, which `deno task edge` hands on. */
export const EDGE_ENV = [
  "EDGE_PORT",
  "EDGE_HOST",
  "EDGE_HUB_URL",
  "EDGE_TOKEN",
  "EDGE_PUBLIC_KEY",
  "EDGE_CATALOGUE",
  "EDGE_ID",
  "EDGE_CACHE",
  "EDGE_POLL_MS",
  "EDGE_WORKERS",
  "EDGE_MAX_QUEUE",
  "EDGE_MAX_BATCH",
  "EDGE_MAX_REQUESTS",
  "EDGE_MAX_BODIES_BYTES",
  "EDGE_BODY_TIMEOUT_MS",
  "EDGE_MAX_BODY_BYTES",
  "EDGE_MAX_BATCH_BYTES",
  "EDGE_MAX_PICTURE_BYTES",
  "EDGE_MAX_BUNDLE_BYTES",
  "EDGE_PREDICT_TIMEOUT_MS",
  "EDGE_TELEMETRY_MS",
  "EDGE_HUB_TIMEOUT_MS",
  "EDGE_STOP_DELAY_MS",
  "EDGE_FEEDBACK_WAIT_MS",
  "EDGE_OUTBOX_MAX",
  "EDGE_RECENT_MAX",
  "EDGE_ANSWER_CACHE_BYTES",
  "EDGE_FEATURE_CACHE_BYTES",
  "EDGE_REVIEW_PER_HOUR",
  "EDGE_CORS_ORIGINS",
  "EDGE_API_KEYS",
] as const;

/**
 * Reads the hub's environment.
 *
 * @throws {AppError} `usage` with every problem
 */
export function hubConfig(env: Readonly<Record<string, string | undefined>>): HubConfig {
  const problems: string[] = [];
  const dataDir = (env["AISLE_DATA"] || "data").replace(/(?<=.)\/+$/, "");
  const port = parsePort(env["HUB_PORT"] || "8000", "HUB_PORT", problems);
  const databaseUrl = env["HUB_DATABASE_URL"] ||
    `file:${encodeURI(dataDir).replace(/[?#]/g, encodeURIComponent)}/aisle.db`;
  if (!/^(file|https?|libsql|wss?):/.test(databaseUrl)) {
    problems.push(
      `HUB_DATABASE_URL must start with file:, http:, https: or libsql:: current value is ${databaseUrl}`,
    );
  }
  const simulateEdges = (env["HUB_SIMULATE_EDGES"] || "").split(",").map((s) => s.trim())
    .filter((s) => s !== "");
  for (const edge of simulateEdges) {
    if (URL.parse(edge) === null) {
      problems.push(`HUB_SIMULATE_EDGES must list URLs: current value is ${edge}`);
    }
  }
  const webhookHosts = (env["HUB_WEBHOOK_HOSTS"] || "").split(",").map((s) =>
    s.trim().toLowerCase()
  ).filter((s) => s !== "");
  for (const host of webhookHosts) {
    if (URL.parse(`http://${host}`)?.host !== host) {
      problems.push(
        `HUB_WEBHOOK_HOSTS must list hosts as name or name:port: current value is ${host}`,
      );
    }
  }
  const logLevel = env["HUB_LOG"] || "info";
  if (!["debug", "info", "warn", "error"].includes(logLevel)) {
    problems.push(`HUB_LOG must be debug, info, warn or error: current value is ${logLevel}`);
  }
  const remote = parseRemote(env["AISLE_HUB"] || "", env["AISLE_TOKEN"] || "", problems);
  if (problems.length > 0) {
    throw new AppError("usage", `Cannot use the settings: ${problems.join("; ")}`, {
      details: problems,
    });
  }
  return Object.freeze({
    dataDir,
    host: env["HUB_HOST"] || "127.0.0.1",
    port,
    databaseUrl,
    databaseToken: env["HUB_DATABASE_TOKEN"] || undefined,
    paramsFile: env["AISLE_PARAMS"] || "params.yaml",
    simulateEdges,
    webhookHosts,
    logLevel: logLevel as HubConfig["logLevel"],
    remote,
    backupDir: env["HUB_BACKUP_DIR"] || undefined,
    backupPassphraseFile: env["HUB_BACKUP_PASSPHRASE_FILE"] || undefined,
  });
}

/** The hub at `url`, null for none; adds to `problems` where it cannot be reached like that. */
function parseRemote(url: string, token: string, problems: string[]): RemoteHub | null {
  if (url === "") return null;
  const protocol = URL.parse(url)?.protocol;
  if (protocol !== "http:" && protocol !== "https:") {
    problems.push(`AISLE_HUB (or --hub) must be an http(s) URL: current value is ${url}`);
  }
  if (token === "") {
    problems.push("AISLE_TOKEN must hold a token of the hub at AISLE_HUB (or --hub): it is empty");
  }
  return { url, token };
}

/** `text` as a TCP port; adds to `problems` where it is none. */
export function parsePort(text: string, name: string, problems: string[]): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    problems.push(`${name} must be a port from 0 to 65535: current value is ${text}`);
  }
  return port;
}
