/**
 * Files of runs and models: lists, upload, download, removal. The bytes are blobs; names are rows beside digests.
 *
 * A bundle of the hub shows as a folder with its file, its manifest and its evaluation.
 *
 * @module
 */
import { audited } from "./audited.ts";
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import type { HubApp, HubContext } from "../api/context.ts";
import { limitedBody, MAX_BLOB_BYTES } from "../api/bodies.ts";
import { respondWithBlob } from "../api/byte_response.ts";
import { found } from "../api/catalogue_lookup.ts";
import { MLFLOW_FILES } from "../api/mlflow_problem.ts";
import { entriesBelow, type FileAddress, fileName, parseAddress } from "./file_names.ts";
import { entryOut, findLoggedModel } from "./logged_model_routes.ts";
import { type Route, route } from "./route.ts";
import { findRun, RunId, runIdOf } from "./run_routes.ts";
import { runFiles } from "./run_wire.ts";

/** Path of a file's own route, below which everything is the file's address. */
export const FILE_ROUTE = `${MLFLOW_FILES}/:path{.+}`;

/** A file by name. */
interface File {
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly contentType: string;
}

const registryOf = (c: HubContext) => c.get("hub").registry;

/** The run whose files an address names; for a logged model the row that stands for it. */
async function ownerOf(c: HubContext, address: FileAddress): Promise<string> {
  if (address.kind === "model") return (await findLoggedModel(c, address.model)).id;
  if (address.kind === "run") {
    return (await findRun(c, address.run)).id;
  }
  throw new AppError("conflict", "Cannot change the files of a bundle: its bytes are its name");
}

/** Every file of what an address names. */
async function filesOf(c: HubContext, address: FileAddress): Promise<readonly File[]> {
  if (address.kind !== "bundle") return registryOf(c).runs.artifacts(await ownerOf(c, address));
  const { catalogue, digest } = address;
  const { models } = registryOf(c);
  const bundle = found(await models.get(digest, { catalogue }), "bundle", digest);
  const [evaluation] = await models.evaluations(digest, { catalogue });
  const files = [{
    name: "bundle.aisle",
    digest,
    sizeBytes: bundle.sizeBytes,
    contentType: "application/octet-stream",
  }];
  const add = async (name: string, blob: string | null | undefined, contentType: string) => {
    const { blobs } = c.get("hub");
    if (!blob || !await blobs.has(blob)) return;
    files.push({ name, digest: blob, sizeBytes: await blobs.size(blob), contentType });
  };
  await add("evaluation.json", evaluation?.blob, "application/json");
  await add("evaluation.html", evaluation?.htmlBlob, "text/html");
  return files;
}

/** The address in the request's path; each escape is decoded once. */
function addressOf(c: HubContext): FileAddress {
  const raw = new URL(c.req.url).pathname.slice(MLFLOW_FILES.length + 1);
  try {
    return parseAddress(raw.split("/").map(decodeURIComponent).join("/"));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new AppError("input-invalid", "Invalid path: it holds a broken escape", { cause: error });
  }
}

async function download(c: HubContext): Promise<Response> {
  const address = addressOf(c);
  const file = (await filesOf(c, address)).find((file) => file.name === address.name);
  if (file === undefined) {
    throw new AppError("not-found", `Cannot find the file ${address.name}: there is none`);
  }
  // What clients logged is never shown as a page of the hub.
  return await respondWithBlob(c, file.digest, {
    contentType: "application/octet-stream",
    headers: {
      "content-disposition": "attachment",
      "content-security-policy": "sandbox; default-src 'none'",
    },
  });
}

async function upload(c: HubContext): Promise<Response> {
  const address = addressOf(c);
  const owner = await ownerOf(c, address);
  if (address.name === "") {
    throw new AppError("input-invalid", "Invalid path: the file needs a name");
  }
  const { blobs, maxBlobBytes = MAX_BLOB_BYTES } = c.get("hub");
  const { digest, sizeBytes } = await blobs.put(limitedBody(c, maxBlobBytes));
  const type = c.req.header("content-type") ?? "application/octet-stream";
  await registryOf(c).clientRuns.addArtifact(owner, {
    name: address.name,
    digest,
    sizeBytes,
    contentType: type.slice(0, 200),
  });
  c.set("auditNote", null);
  return c.json({});
}

async function remove(c: HubContext): Promise<Response> {
  const address = addressOf(c);
  const change = { action: "mlflow/artifacts/delete", target: c.req.path, what: null };
  await audited(c, change, async () => {
    const gone = await registryOf(c).clientRuns
      .removeArtifacts(await ownerOf(c, address), address.name);
    if (gone > 0) return;
    throw new AppError("not-found", `Cannot find the file ${address.name}: there is none`);
  });
  c.set("auditNote", null);
  return c.json({});
}

/** Adds the routes of single files to `app`. */
export function addFileRoutes(app: HubApp): void {
  app.get(FILE_ROUTE, download);
  app.put(FILE_ROUTE, upload);
  app.delete(FILE_ROUTE, remove);
}

/** Lists of the files of a run. */
export const FILE_ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/artifacts/list",
    input: RunId.extend({ path: z.string().default(""), page_token: z.string().optional() }),
    async handle({ path, ...input }, c) {
      const run = await findRun(c, runIdOf(input));
      const files = await registryOf(c).runs.artifacts(run.id);
      return {
        root_uri: runFiles(run),
        files: entriesBelow(files, fileName(path)).map(entryOut),
      };
    },
  }),
];

/** Lists by address; names are those inside of the folder asked for. */
export const FOLDER_ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/artifacts",
    input: z.object({ path: z.string().default("") }),
    async handle({ path }, c) {
      const address = parseAddress(path);
      const entries = entriesBelow(await filesOf(c, address), address.name);
      return {
        files: entries.map((entry) =>
          entryOut({ ...entry, name: entry.name.slice(entry.name.lastIndexOf("/") + 1) })
        ),
      };
    },
  }),
];
