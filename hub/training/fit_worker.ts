/**
 * A Worker's end of `workerRunner`: gets the shared memory once, then one task at a time.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { Arena } from "../model/arena.ts";
import { type FitTask, FitTasks } from "./fit_task.ts";
import { answerOf } from "./task_worker.ts";

let tasks: FitTasks | null = null;

self.onmessage = ({ data }: MessageEvent<{ memory: WebAssembly.Memory } | { task: FitTask }>) => {
  if ("memory" in data) tasks = new FitTasks(new Arena(data.memory));
  else self.postMessage(answerOf(() => tasks!.run(data.task)));
};
