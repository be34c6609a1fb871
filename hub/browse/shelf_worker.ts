/**
 * A Worker that keeps the rows of a few data versions and looks into them, so that the hub's own thread stays free.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { messageOf } from "@aisle/shared/errors";
import {
  type ChangeKind,
  type ProductPage,
  type ProductQuery,
  ProductShelf,
  type ShelfDiff,
} from "../data/product_shelf.ts";
import { readRows } from "../data/version.ts";

/** To the Worker. Pieces of a version's blob come in order between `open` and `end`. */
export type ShelfOrder =
  | { readonly type: "open"; readonly blob: string }
  | { readonly type: "piece"; readonly blob: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "end"; readonly blob: string; readonly problem?: string }
  | { readonly type: "drop"; readonly blob: string }
  | {
    readonly type: "find";
    readonly id: number;
    readonly blob: string;
    readonly query: ProductQuery;
  }
  | {
    readonly type: "diff";
    readonly id: number;
    readonly blob: string;
    readonly before: string;
    readonly options: {
      readonly kind?: ChangeKind | undefined;
      readonly from?: number | undefined;
      readonly limit: number;
    };
  };

/** From the Worker. */
export type ShelfReply =
  | { readonly id: number; readonly ok: true; readonly found: ProductPage | ShelfDiff }
  | { readonly id: number; readonly ok: false; readonly message: string }
  | { readonly loaded: string; readonly rows: number; readonly chars: number };

/** A version that is being filled. */
interface Version {
  readonly shelf: ProductShelf;
  readonly input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  /** Resolves when all rows are there; rejects where they cannot be read. */
  readonly whole: Promise<void>;
  /** Woken at each step of the filling. */
  waiting: (() => void)[];
}

/** Rows between two looks at the messages that came meanwhile. */
const ROWS_PER_TURN = 500;
const versions = new Map<string, Version>();

function open(blob: string): Version {
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
  const shelf = new ProductShelf();
  const version: Version = {
    shelf,
    input: writable.getWriter(),
    waiting: [],
    whole: Promise.resolve(),
  };
  const wake = () => {
    const waiting = version.waiting;
    version.waiting = [];
    for (const each of waiting) each();
  };
  const whole = (async () => {
    try {
      for await (const row of readRows(readable)) {
        shelf.add(row);
        if (shelf.size % ROWS_PER_TURN !== 0) continue;
        wake();
        await new Promise((resolve) => setTimeout(resolve));
      }
      self.postMessage(
        { loaded: blob, rows: shelf.size, chars: shelf.chars } satisfies ShelfReply,
      );
    } finally {
      wake();
    }
  })();
  // Told to those who ask; nobody may have.
  whole.catch(() => {});
  return Object.assign(version, { whole });
}

/** The page; rows without a filter need not wait for those behind them. */
async function find(blob: string, query: ProductQuery): Promise<ProductPage> {
  const version = known(blob), { from = 0, limit } = query;
  const isFiltered = query.code !== undefined || (query.text ?? "").trim() !== "";
  let isWhole = false;
  const whole = version.whole.then(() => {
    isWhole = true;
  });
  while (!isWhole && (isFiltered || version.shelf.size <= from + limit)) {
    await Promise.race([
      whole,
      new Promise<void>((resolve) => version.waiting.push(resolve)),
    ]);
  }
  return version.shelf.find(query);
}

function known(blob: string): Version {
  const version = versions.get(blob);
  if (version === undefined) throw new Error("this version is no longer open");
  return version;
}

async function answer(order: ShelfOrder & { id: number }): Promise<ProductPage | ShelfDiff> {
  if (order.type === "find") return await find(order.blob, order.query);
  if (order.type !== "diff") throw new TypeError("no question");
  const after = known(order.blob), before = known(order.before);
  await Promise.all([after.whole, before.whole]);
  return after.shelf.diff(before.shelf, order.options);
}

self.onmessage = ({ data: order }: MessageEvent<ShelfOrder>) => {
  switch (order.type) {
    case "open":
      versions.set(order.blob, open(order.blob));
      return;
    case "piece":
      versions.get(order.blob)?.input.write(order.bytes).catch(() => {/* told by `whole` */});
      return;
    case "end": {
      const input = versions.get(order.blob)?.input;
      const done = order.problem === undefined ? input?.close() : input?.abort(order.problem);
      done?.catch(() => {/* told by `whole` */});
      return;
    }
    case "drop":
      versions.delete(order.blob);
      return;
    default:
      answer(order).then(
        (found) => self.postMessage({ id: order.id, ok: true, found } satisfies ShelfReply),
        (error) =>
          self.postMessage(
            { id: order.id, ok: false, message: messageOf(error) } satisfies ShelfReply,
          ),
      );
  }
};
