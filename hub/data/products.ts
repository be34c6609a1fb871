/**
 * One reader of raw products, for training data, checking and bulk prediction alike.
 *
 * Streams: of the whole source it keeps only ids and codes. Texts and codes come out byte for byte. A row
 * that cannot be used comes out with its reason and the rest goes on; codes join products by the index
 * column, never by place in the file unless neither file has one.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { BadRow } from "./bad_rows.ts";
import { cannotCount, type FoundCode, readCodes } from "./codes.ts";
import { findColumn, indexColumn, requireColumns } from "./columns.ts";
import { openCsv } from "./csv.ts";
import { baseName, type PictureEntry, readPictureIndex } from "./picture_index.ts";
import { challengePicture, pictureFinder } from "./pictures.ts";
import type { ProductRow } from "./row.ts";
import type { ReadObserver } from "./read_observer.ts";
import { FILE_NAMES, type Open, type Source, type SourceFile } from "./source.ts";

export type { BadRow, BadRowReason } from "./bad_rows.ts";
export type { ReadObserver } from "./read_observer.ts";

/** One row of a source: a product, or why it is none. */
export type ReadProduct =
  | { readonly ok: true; readonly row: ProductRow; readonly line: number }
  | { readonly ok: false; readonly bad: BadRow };

/** Ids of rows that feedback gave start so; raw ids may not. */
export const FEEDBACK_ID_PREFIX = "f:";

// deno-lint-ignore no-control-regex -- control characters are what it looks for
const CONTROL_IN_NAME = /[\x00-\x1f\x7f]/;
const NUL = "\u0000";
const RAW_CHARS = 200;

/**
 * Every row of `source`, in the order of its products file.
 *
 * A product's id is the challenge's index, the table's id column, or the row's position from 0 (bad rows
 * count, so that mending one moves no other). Its code is `""` where the source has no codes. At the end
 * come the codes that no product has.
 *
 * @throws {AppError} `csv-invalid` where a file is no UTF-8 CSV or lacks a column; `data-invalid` where products and codes cannot be joined
 */
export async function* readProducts(
  source: Source,
  open: Open,
  observer: ReadObserver | null = null,
): AsyncGenerator<ReadProduct> {
  const file: SourceFile = source.kind === "challenge" ? "x" : "table";
  const codes = source.kind === "challenge" && source.y !== null
    ? await readCodes(await open(source.y), observer)
    : null;
  const pictures = source.images === null
    ? null
    : await readPictureIndex(await open(source.images));
  const stream = await open(source.kind === "challenge" ? source.x : source.csv);
  const table = await openCsv(stream, FILE_NAMES[file]);
  const reader = source.kind === "challenge"
    ? challengeColumns(table.header, pictureFinder(pictures))
    : tableColumns(source, table.header, pictureFinder(pictures));
  observer?.table(file, table);
  if (codes !== null && codes.byIndex !== reader.hasIds) {
    const [without, withIndex] = codes.byIndex
      ? [FILE_NAMES.x, FILE_NAMES.y]
      : [FILE_NAMES.y, FILE_NAMES.x];
    throw new AppError(
      "data-invalid",
      `Cannot join codes to products: ${without} has no index column and ${withIndex} has one. ` +
        "Give both the same index as their first column, without a name",
    );
  }
  const ids = new Set<string>();
  let position = -1;
  for await (const record of table.records) {
    observer?.record(file, record);
    position++;
    if (!record.ok) {
      if (codes !== null && !codes.byIndex) throw cannotCount(FILE_NAMES[file], record.line);
      const { line, fault, message, raw, first } = record;
      // Its code has a product, only a broken one: it is not left over.
      if (first !== null) codes?.take(first);
      yield {
        ok: false,
        bad: {
          file,
          line,
          id: reader.hasIds ? first : String(position),
          reason: fault,
          message,
          raw,
        },
      };
      continue;
    }
    const { fields, line } = record;
    const id = reader.id(fields) ?? String(position);
    const code = codes === null
      ? reader.code(fields)
      : codes.take(codes.byIndex ? id : String(position));
    const fault = idFault(id, ids) ?? textFault(fields) ?? codeFault(code, codes !== null);
    ids.add(id);
    if (fault === null) yield { ok: true, line, row: reader.row(fields, id, code.value ?? "") };
    else {yield {
        ok: false,
        bad: { file, line, id, ...fault, raw: fields.join(table.delimiter).slice(0, RAW_CHARS) },
      };}
  }
  if (codes === null) return;
  if (!codes.byIndex && codes.size !== position + 1) {
    throw new AppError(
      "data-invalid",
      `Cannot join codes to products: neither file has an index column, and there are ${
        position + 1
      } products and ${codes.size} codes. ` +
        "Give both the same index as their first column, without a name",
    );
  }
  for (const bad of codes.bad) yield { ok: false, bad };
  for (const { id, line, code } of codes.left()) {
    const message = `no product has the id ${id}`;
    yield {
      ok: false,
      bad: { file: "y", line, id, reason: "no-product", message, raw: `${id},${code}` },
    };
  }
}

/** How rows of one layout are read. */
interface RowReader {
  readonly hasIds: boolean;
  id(fields: readonly string[]): string | null;
  code(fields: readonly string[]): FoundCode;
  row(fields: readonly string[], id: string, code: string): ProductRow;
}

type FindPicture = (name: string) => PictureEntry | null;

/** The members of a row that say which picture it has. */
function pictureMembers(found: PictureEntry | null): Pick<ProductRow, "image" | "picture"> {
  if (found === null) return { image: "", picture: "" };
  return { image: baseName(found.path), picture: found.digest };
}

function challengeColumns(header: readonly string[], find: FindPicture): RowReader {
  const [designation] = requireColumns(header, ["designation"], FILE_NAMES.x);
  const [description, productId, imageId] = ["description", "productid", "imageid"].map((c) =>
    findColumn(header, c)
  );
  const index = indexColumn(header);
  return {
    hasIds: index >= 0,
    id: (fields) => (index < 0 ? null : fields[index]!),
    code: () => ({ value: null, required: false }),
    row: (fields, id, code) => {
      const at = (column: number | undefined) => fields[column ?? -1] ?? "";
      const [product, image] = [at(productId), at(imageId)];
      return {
        id,
        designation: at(designation),
        description: at(description),
        code,
        productId: product,
        imageId: image,
        ...pictureMembers(
          product === "" || image === "" ? null : find(challengePicture(image, product)),
        ),
        origin: "raw",
      };
    },
  };
}

function tableColumns(
  source: Source & { readonly kind: "table" },
  header: readonly string[],
  find: FindPicture,
): RowReader {
  const optional = [source.label, source.id, source.image].filter((column) => column !== null);
  requireColumns(header, [...source.text, ...optional], FILE_NAMES.table);
  const place = (column: string | null) => (column === null ? -1 : findColumn(header, column));
  const [label, id, image] = [place(source.label), place(source.id), place(source.image)];
  const [title, ...rest] = source.text.map(place);
  return {
    hasIds: id >= 0,
    id: (fields) => (id < 0 ? null : fields[id]!),
    code: (
      fields,
    ) => (label < 0 ? { value: null, required: false } : { value: fields[label]!, required: true }),
    row: (fields, rowId, code) => ({
      id: rowId,
      designation: fields[title ?? -1] ?? "",
      description: rest.map((column) => fields[column]!).filter((text) => text !== "").join(" "),
      code,
      productId: "",
      imageId: "",
      ...pictureMembers(image < 0 || fields[image] === "" ? null : find(fields[image]!)),
      origin: "raw",
    }),
  };
}

type Fault = Pick<BadRow, "reason" | "message">;

function idFault(id: string, ids: ReadonlySet<string>): Fault | null {
  if (id.trim() === "") return { reason: "empty-id", message: "its id is empty" };
  if (CONTROL_IN_NAME.test(id)) {
    return { reason: "control-character", message: "its id holds a control character" };
  }
  if (id.startsWith(FEEDBACK_ID_PREFIX)) {
    const message = `its id starts with ${FEEDBACK_ID_PREFIX}, as only ids of feedback do`;
    return { reason: "reserved-id", message };
  }
  if (ids.has(id)) return { reason: "duplicate-id", message: `the id ${id} has come before` };
  return null;
}

function textFault(fields: readonly string[]): Fault | null {
  if (!fields.some((field) => field.includes(NUL))) return null;
  return {
    reason: "control-character",
    message: "it holds a zero character: the file was damaged",
  };
}

function codeFault(code: FoundCode, joined: boolean): Fault | null {
  if (code.conflict !== undefined) {
    const message = `the codes file gives it ${
      code.conflict.map((c) => JSON.stringify(c)).join(" and ")
    }`;
    return { reason: "conflicting-codes", message };
  }
  if (!code.required) return null;
  if (code.value === null) {
    return {
      reason: "no-code",
      message: joined ? "the codes file has no code for its id" : "it has no code",
    };
  }
  if (code.value.trim() === "") return { reason: "no-code", message: "its code is empty" };
  if (CONTROL_IN_NAME.test(code.value)) {
    return { reason: "control-character", message: "its code holds a control character" };
  }
  return null;
}
