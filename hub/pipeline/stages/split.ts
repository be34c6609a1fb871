/**
 * Stage: parts a data version into train, gold and unseen; gold is frozen and never trains.
 *
 * @module
 */
import { canonicalJson } from "@aisle/shared/hash";
import { processedCsv } from "../../data/processed.ts";
import { splitRows, type SplitState } from "../../data/split.ts";
import { writeRows } from "../../data/version.ts";
import type { StageContext } from "../stage_context.ts";
import { type SetName, SETS, type SplitInput, type SplitOutput } from "../stage_values.ts";
import { collect } from "./ingest.ts";

/** Assigns every row to a set by its content group; earlier assignments stand. */
export async function split(input: SplitInput, context: StageContext): Promise<SplitOutput> {
  const { blobs, params } = context;
  const previous = input.previous === null
    ? null
    : JSON.parse(new TextDecoder().decode(await blobs.bytes(input.previous))) as SplitState;
  const blocked = new Set(input.blocked);
  const stored = await collect(blobs, input.blob);
  const heard = stored.filter(({ source }) => source === undefined || !blocked.has(source));
  const rows = heard.map((row) => {
    const code = input.labelMerges[row.code];
    return code === undefined ? row : { ...row, code };
  });
  const { state, sets, setAside } = splitRows(rows, previous, params.split, input);
  const written: Partial<Record<SetName, SplitOutput["sets"][SetName]>> = {};
  for (const name of SETS) {
    const blob = await blobs.put(writeRows(sets[name]));
    const csv = await blobs.put(processedCsv(sets[name]));
    written[name] = { blob: blob.digest, csv: csv.digest, rows: sets[name].length };
  }
  const stateBlob = await blobs.put(new TextEncoder().encode(canonicalJson(state)));
  return {
    state: stateBlob.digest,
    sets: written as SplitOutput["sets"],
    setAside: setAside.length + stored.length - heard.length,
  };
}
