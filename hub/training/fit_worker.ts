/**
 * A Worker's end of {@linkcode workerRunner}: gets the shared memory once, then one task at a time.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { messageOf } from "@aisle/shared/errors";
import { Arena } from "../model/arena.ts";
import type { FitAnswer } from "./fit_runner.ts";
import { type FitTask, FitTasks } from "./fit_task.ts";

let tasks: FitTasks | null = null;

function answer(task: FitTask): FitAnswer {
  if (tasks === null) return { error: "the Worker has no memory yet" };
  try {
    const steps = tasks.run(task);
    for (;;) {
      const step = steps.next();
      if (step.done) return { result: step.value };
    }
  } catch (error) {
    return { error: messageOf(error) };
  }
}

self.onmessage = ({ data }: MessageEvent<{ memory: WebAssembly.Memory } | { task: FitTask }>) => {
  if ("memory" in data) tasks = new FitTasks(new Arena(data.memory));
  else self.postMessage(answer(data.task));
};
