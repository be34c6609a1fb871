/**
 * One page of a search in the order that its query asks for, by cursor.
 *
 * The cursor holds the place of the page's last row in that order, so that rows added or removed meanwhile neither
 * repeat nor hide others. The database first finds the page's keys, then its rows: what is sorted stays small.
 *
 * @module
 */
import { and, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import { canonicalJson, sha256 } from "@aisle/shared/hash";
import type { Queries } from "../../db/database.ts";
import type { Page } from "../page.ts";
import type { Query } from "../query/query.ts";
import { conditionSql } from "./compile.ts";
import type { Fields } from "./fields.ts";

/** What to search. */
export interface SearchPageOptions<T> {
  readonly table: SQLWrapper;
  /** A number unique to each row. */
  readonly seq: SQLWrapper;
  readonly fields: Fields;
  /** Holds for every row that may be found. */
  readonly where: SQL | undefined;
  /** Order after the keys of the query; between equals the newest first. */
  readonly order?: readonly SortKey[] | undefined;
  readonly query: {
    readonly query?: Query | undefined;
    readonly limit?: number | undefined;
    readonly cursor?: string | undefined;
  };
  /** The things with these numbers. */
  show(seqs: readonly number[]): Promise<ReadonlyMap<number, T>>;
}

/** One key to sort by. */
export interface SortKey {
  readonly value: SQL;
  readonly descending: boolean;
}

type Key = string | number | null;

/** Rows of a page where the query does not say. */
const DEFAULT_LIMIT = 50;

/** The page that `options.query` asks for. @throws {AppError} `input-invalid` */
export async function searchPage<T>(db: Queries, options: SearchPageOptions<T>): Promise<Page<T>> {
  const { seq, fields, query: { query = { where: null, order: [] }, limit = DEFAULT_LIMIT } } =
    options;
  const found = query.where === null ? undefined : conditionSql(query.where, fields);
  const asked = query.order.map(({ field, descending }) => ({
    value: fields(field).value,
    descending,
  }));
  const keys: SortKey[] = [...asked, ...options.order ?? []];
  const print = sha256(canonicalJson(query)).slice(0, 16);
  const after = options.query.cursor === undefined
    ? null
    : readCursor(options.query.cursor, print, keys.length);
  const where = and(options.where, found, after === null ? undefined : isAfter(keys, seq, after));
  const rows = await db.all<Key[]>(sql`
    SELECT ${seq} ${sql.join(keys.map(({ value }) => sql`, ${value}`))} FROM ${options.table}
    ${where === undefined ? sql`` : sql`WHERE ${where}`}
    ORDER BY ${sql.join([...keys.map(orderTerm), sql`${seq} DESC`], sql`, `)}
    LIMIT ${limit + 1}`);
  const page = rows.slice(0, limit);
  const things = await options.show(page.map((row) => Number(row[0])));
  return {
    // A row deleted between the two reads is left out.
    items: page.map((row) => things.get(Number(row[0]))).filter((thing) => thing !== undefined),
    next: rows.length > limit ? writeCursor(print, page.at(-1)!) : null,
  };
}

function orderTerm({ value, descending }: SortKey): SQL {
  return sql`${value} ${sql.raw(descending ? "DESC" : "ASC")} NULLS LAST`;
}

/** Whether a row comes after the one whose keys and number are in `last`. */
function isAfter(keys: readonly SortKey[], seq: SQLWrapper, last: readonly Key[]): SQL {
  const [number, ...values] = last;
  // From the last key to the first: beyond this key, or level with it and after by the keys that follow.
  return keys.reduceRight<SQL>((rest, { value, descending }, i) => {
    const at = values[i]!;
    if (at === null) return sql`(${value} IS NULL AND ${rest})`;
    const beyond = sql`${value} ${sql.raw(descending ? "<" : ">")} ${at} OR ${value} IS NULL`;
    return sql`(${beyond} OR (${value} = ${at} AND ${rest}))`;
  }, sql`(${seq} < ${number})`);
}

function writeCursor(print: string, row: readonly Key[]): string {
  return new TextEncoder().encode(JSON.stringify([print, ...row]))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

function readCursor(cursor: string, print: string, keys: number): readonly Key[] {
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (Array.isArray(value) && value[0] === print && value.length === keys + 2) {
      const row = value.slice(1) as unknown[];
      const [number, ...rest] = row;
      const isKey = (key: unknown) =>
        key === null || typeof key === "string" || typeof key === "number";
      if (Number.isSafeInteger(number) && rest.every(isKey)) return row as Key[];
    }
  } catch (error) {
    throw cursorError(cursor, error);
  }
  throw cursorError(cursor);
}

function cursorError(cursor: string, cause?: unknown): AppError {
  return new AppError(
    "input-invalid",
    "Cannot list: the cursor must come from the page before, of the same query: " +
      `current value is ${cursor.slice(0, 60)}`,
    { cause },
  );
}
