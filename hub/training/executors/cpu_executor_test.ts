import { testExecutor } from "../../testing/executor_suite.ts";
import { openCpuExecutor } from "./cpu_executor.ts";

testExecutor({ device: "CPU", skip: null, open: openCpuExecutor });
