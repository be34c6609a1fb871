/**
 * A Worker's end of a dense lane: gets the rows once, then one task at a time.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import type { DenseRows } from "../model/dense.ts";
import { type DenseTask, DenseTasks } from "./dense_task.ts";
import { answerOf } from "./task_worker.ts";

let tasks: DenseTasks | null = null;

self.onmessage = ({ data }: MessageEvent<{ rows: DenseRows } | { task: DenseTask }>) => {
  if ("rows" in data) tasks = new DenseTasks(data.rows);
  else self.postMessage(answerOf(() => tasks!.run(data.task)));
};
