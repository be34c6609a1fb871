/**
 * Raw files into the hub: each is sent once, named by its digest; what the hub has is not sent again.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { hasher } from "@aisle/shared/hash";
import type { Source } from "../data/source.ts";
import type { Arguments, OptionSpec } from "./command.ts";
import type { HubClient } from "./hub_client.ts";
import { hubHas } from "./upload_bytes.ts";
import { uploadPictures, type UploadProgress } from "./upload_pictures.ts";

/** The options that name raw files, as `ingest`, `check` and `pipeline` take them. */
export const SOURCE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "x",
    value: "FILE",
    help: "products in the challenge's layout: index, designation, description, productid, imageid",
  },
  { name: "y", value: "FILE", help: "their codes: index, prdtypecode" },
  { name: "csv", value: "FILE", help: "instead of --x and --y: one table of any layout" },
  { name: "text", value: "COL[,COL]", help: "with --csv: columns of text; the first is the title" },
  { name: "label", value: "COL", help: "with --csv: the column of the code" },
  {
    name: "id",
    value: "COL",
    help: "with --csv: the column of the row's id (default: its position)",
  },
  { name: "image", value: "COL", help: "with --csv: the column of the picture's file name" },
  { name: "images", value: "DIR_or_ZIP", help: "pictures" },
  {
    name: "name",
    value: "NAME",
    help: "name of the data set, and of its catalogue unless --catalogue says otherwise",
  },
];

/** Files as named on the command line, before they are sent. */
export interface SourceFiles {
  readonly kind: "challenge" | "table";
  readonly files: Readonly<Record<"x" | "y" | "csv", string | undefined>>;
  readonly images: string | undefined;
  readonly columns: {
    readonly text: readonly string[];
    readonly label: string | null;
    readonly id: string | null;
    readonly image: string | null;
  };
}

/**
 * Reads the options that name raw files; null when none is given.
 *
 * @param labelled whether codes must be named too
 * @throws {AppError} `usage`
 */
export function sourceFiles(args: Arguments, labelled = true): SourceFiles | null {
  const [x, y, csv] = [args.text("x"), args.text("y"), args.text("csv")];
  const images = args.text("images");
  const wrong = (why: string) => new AppError("usage", `Cannot tell which files to read: ${why}`);
  if (x !== undefined && csv !== undefined) throw wrong("give --x or --csv, not both");
  const columns = {
    text: args.list("text") ?? [],
    label: args.text("label") ?? null,
    id: args.text("id") ?? null,
    image: args.text("image") ?? null,
  };
  const named = (["text", "label", "id", "image"] as const).filter((o) =>
    args.text(o) !== undefined
  );
  if (x !== undefined) {
    if (labelled && y === undefined) throw wrong("--x needs --y beside it: the file of the codes");
    if (named.length > 0) throw wrong(`--${named[0]} belongs to --csv; the layout of --x is fixed`);
    return { kind: "challenge", files: { x, y, csv }, images, columns };
  }
  if (csv !== undefined) {
    if (columns.text.length === 0) throw wrong("--csv needs --text COL[,COL]: the columns of text");
    if (labelled && columns.label === null) {
      throw wrong("--csv needs --label COL: the column of the code");
    }
    if (columns.label !== null && columns.text.includes(columns.label)) {
      throw wrong(
        `--label ${columns.label} is one of --text: the code would be learned from itself`,
      );
    }
    if (images !== undefined && columns.image === null) {
      throw wrong("with --csv, --images needs --image COL: the column of the picture's file name");
    }
    return { kind: "table", files: { x, y, csv }, images, columns };
  }
  if (y !== undefined) throw wrong("--y needs --x beside it: the file of the products");
  if (images !== undefined || named.length > 0) throw wrong("give --x and --y, or --csv");
  return null;
}

/**
 * Sends what `source` names and returns it with digests in the place of files.
 *
 * @param withCodes whether the file or column of codes goes along
 */
export async function uploadSource(
  client: HubClient,
  source: SourceFiles,
  progress: UploadProgress,
): Promise<Source> {
  const send = async (file: string | undefined) =>
    file === undefined ? null : await uploadFile(client, file);
  const images = source.images === undefined
    ? null
    : await uploadPictures(client, source.images, progress);
  const { text, label, id, image } = source.columns;
  if (source.kind === "challenge") {
    return {
      kind: "challenge",
      x: (await send(source.files.x))!,
      y: await send(source.files.y),
      images,
    };
  }
  return {
    kind: "table",
    csv: (await send(source.files.csv))!,
    text: [...text],
    label,
    id,
    image,
    images,
  };
}

/** Sends one file unless the hub has it; its digest. */
async function uploadFile(client: HubClient, file: string): Promise<string> {
  const hash = hasher();
  for await (const piece of await openRawFile(file)) hash.update(piece);
  const digest = hash.hex();
  if (await hubHas(client, digest)) return digest;
  const body = await openRawFile(file);
  await client.fetch("/api/v1/blobs", { method: "PUT", body });
  return digest;
}

/** The bytes of a file that the user named. @throws {AppError} `usage` where it is no file that can be read */
export async function openRawFile(file: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const wrong = (why: string) => new AppError("usage", `Cannot read ${file}: ${why}`);
  try {
    if ((await Deno.stat(file)).isDirectory) throw wrong("it is a folder, not a CSV file");
    return (await Deno.open(file)).readable;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw wrong("there is no such file");
    if (error instanceof AppError) throw error;
    throw wrong(messageOf(error));
  }
}
