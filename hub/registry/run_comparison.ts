/**
 * Runs beside each other: params that differ, newest figures, curves.
 *
 * @module
 */
import { inArray } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { runs as runRows } from "../db/schema/mod.ts";
import { type NewestPoint, readThinned } from "./metric_points.ts";
import { showRuns } from "./run_rows.ts";
import type { Run, RunParams } from "./runs.ts";

/** Most runs that are put beside each other, and most curves: what a chart can show. */
const MAX_RUNS = 20, MAX_METRICS = 50;

/** A param by run, in the order of the runs; null where a run lacks it. */
export interface ComparedParam {
  readonly name: string;
  readonly differs: boolean;
  readonly values: readonly (RunParams[string])[];
}

/** The curves of one metric, one a run that has it. */
export interface ComparedMetric {
  readonly name: string;
  readonly curves: readonly {
    readonly run: string;
    readonly points: readonly {
      readonly step: number;
      readonly value: number;
      readonly at: string;
    }[];
  }[];
}

/** Several runs beside each other. */
export interface Comparison {
  readonly runs: readonly Run[];
  /** Those that differ first, by name. */
  readonly params: readonly ComparedParam[];
  readonly metrics: readonly ComparedMetric[];
}

/** Puts the runs `ids` beside each other. @throws {AppError} `not-found`, `input-invalid` */
export async function compareRuns(
  db: Queries,
  ids: readonly string[],
  { metrics, maxPoints = 500 }: {
    readonly metrics?: readonly string[] | undefined;
    readonly maxPoints?: number;
  } = {},
): Promise<Comparison> {
  const some = [...new Set(ids)];
  if (some.length === 0 || some.length > MAX_RUNS) {
    throw new AppError(
      "input-invalid",
      `Cannot compare runs: give 1 to ${MAX_RUNS} ids: current value is ${some.length}`,
    );
  }
  const found = await db.select().from(runRows).where(inArray(runRows.id, some));
  const rows = some.map((id) => {
    const row = found.find((row) => row.id === id);
    if (row !== undefined) return row;
    throw new AppError("not-found", `Cannot compare run ${id}: it does not exist`);
  });
  const shown = await showRuns(db, rows);
  const runs = rows.map((row) => shown.get(row.seq)!);
  const names = metrics ?? [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort();
  const wanted = names.slice(0, MAX_METRICS);
  const curves = await readThinned(db, rows.map((row) => row.seq), wanted, maxPoints);
  const byName = Map.groupBy(curves, (curve) => curve.name);
  const compared = wanted.map((name) => ({
    name,
    curves: rows.flatMap(({ seq, id }) => {
      const curve = byName.get(name)?.find((curve) => curve.run === seq);
      return curve === undefined ? [] : [{ run: id, points: curve.points.map(dated) }];
    }),
  }));
  return { runs, params: compareParams(runs.map((run) => run.params)), metrics: compared };
}

const dated = ({ step, value, atMs }: NewestPoint) => ({
  step,
  value,
  at: new Date(atMs).toISOString(),
});

/** The params of several runs, those that differ first, each group by name. */
function compareParams(params: readonly RunParams[]): ComparedParam[] {
  const names = [...new Set(params.flatMap((of) => Object.keys(of)))].sort();
  const all = names.map((name) => {
    const has = params.map((of) => Object.hasOwn(of, name));
    const values = params.map((of, i) => has[i] ? of[name]! : null);
    const differs = values.some((value, i) => value !== values[0] || has[i] !== has[0]);
    return { name, differs, values };
  });
  return [...all.filter((param) => param.differs), ...all.filter((param) => !param.differs)];
}
