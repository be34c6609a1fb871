/**
 * Buttons of the catalogue page: make one, take files, check, train and score them.
 *
 * @module
 */
import { CatalogueName } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import { isDigest } from "@aisle/shared/hash";
import { limitedBody, MAX_BLOB_BYTES } from "../../api/bodies.ts";
import { found } from "../../api/catalogue_lookup.ts";
import type { HubContext } from "../../api/context.ts";
import { startJob } from "../../api/job_start.ts";
import type { JobKind } from "../../api/ports.ts";
import { previewTable } from "../../api/tables.ts";
import { flash } from "../flash.ts";
import { formField } from "../forms.ts";
import { textsOf } from "../language.ts";
import { required } from "./form_action.ts";

export const TEXTS = {
  en: {
    made: (name: string) => `The catalogue ${name} is there. Bring its files in.`,
    check: "The check is running.",
    pipeline: "Training is running.",
    score: "Scoring is running.",
  },
  fr: {
    made: (name: string) => `Le catalogue ${name} est créé. Apportez ses fichiers.`,
    check: "Le contrôle est en cours.",
    pipeline: "L’entraînement est en cours.",
    score: "Le classement est en cours.",
  },
};

/** Makes a catalogue and shows it. */
export async function createCatalogueAction(c: HubContext): Promise<Response> {
  const asked = CatalogueName.safeParse(await required(c, "name"));
  if (!asked.success) {
    throw new AppError(
      "input-invalid",
      `Cannot make this catalogue: its name ${asked.error.issues[0]!.message}`,
    );
  }
  const title = (await formField(c, "title")).trim();
  const { name } = await c.get("hub").registry.catalogues.ensure(asked.data, {
    title: title === "" ? undefined : title.slice(0, 200),
  });
  c.set("auditNote", { action: "ensure-catalogue", target: name });
  flash(c, textsOf(c, TEXTS).made(name));
  return c.redirect(`/catalogue?catalogue=${name}`, 303);
}

/** Keeps the bytes that a browser sends; told apart from forms by its header with the session's secret. */
export async function uploadAction(c: HubContext): Promise<Response> {
  const { blobs, maxBlobBytes = MAX_BLOB_BYTES } = c.get("hub");
  const { digest, sizeBytes } = await blobs.put(limitedBody(c, maxBlobBytes));
  c.set("auditNote", { action: "put-blob", target: digest, details: { sizeBytes } });
  return c.json({ digest, sizeBytes }, 201);
}

const KINDS = ["check", "pipeline", "score"] as const satisfies readonly JobKind[];
type Kind = (typeof KINDS)[number];

/** Starts a job on files that were sent, with the columns that somebody chose. */
export async function startOnFilesAction(c: HubContext): Promise<Response> {
  const asked = await required(c, "kind"), kind = KINDS.find((known) => known === asked);
  if (kind === undefined) {
    throw new AppError("input-invalid", `Cannot work on these files: there is no kind ${asked}`);
  }
  return await start(c, kind, await required(c, "catalogue"), await sourceOf(c, kind));
}

/** Trains on the files that a check has read. */
export async function trainOnCheckedAction(c: HubContext): Promise<Response> {
  const id = await required(c, "job");
  const job = found(await c.get("hub").registry.jobs.get(id), "the job", id);
  const { source } = (job.input ?? {}) as { readonly source?: unknown };
  return await start(c, "pipeline", job.catalogue, source);
}

async function start(
  c: HubContext,
  kind: Kind,
  catalogue: string,
  source: unknown,
): Promise<Response> {
  const job = await startJob(c, { kind, catalogue, input: { source } });
  c.set("auditNote", { ...c.get("auditNote")!, action: `start-${kind}` });
  flash(c, textsOf(c, TEXTS)[kind]);
  return c.redirect(`/catalogue?catalogue=${encodeURIComponent(catalogue)}&job=${job.id}`, 303);
}

/** The table of the form; its columns come by position, as names may be empty or strange. */
async function sourceOf(c: HubContext, kind: Kind) {
  const csv = await required(c, "csv"), images = await formField(c, "images");
  if (!isDigest(csv) || (images !== "" && !isDigest(images))) {
    throw new AppError("input-invalid", "Cannot work on these files: a digest is malformed");
  }
  const { header } = await previewTable(c.get("hub").blobs, csv, 1);
  const fields = await c.req.parseBody();
  const column = (field: string) => {
    const value = fields[field];
    return typeof value === "string" && value !== "" ? header[Number(value)] ?? null : null;
  };
  const title = column("title");
  const rest = Object.keys(fields).filter((field) => field.startsWith("text."))
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
    .map(column).filter((name) => name !== null && name !== title);
  const text = [title, ...rest].filter((name) => name !== null);
  if (text.length === 0) {
    throw new AppError("input-invalid", "Cannot work on these files: no column of text is chosen");
  }
  const label = kind === "score" ? null : column("label");
  if (kind === "pipeline" && label === null) {
    throw new AppError(
      "input-invalid",
      "Cannot train on these files: choose the column of the code",
    );
  }
  const image = column("image");
  return {
    kind: "table",
    csv,
    text,
    label,
    id: column("id"),
    image,
    // Pictures that no column names find no product.
    images: images === "" || image === null ? null : images,
  };
}
