/**
 * Runs a command and tells what it cost: seconds of wall, and of each of its processes the peak memory and CPU time.
 *
 * Reads /proc every tenth of a second, so it works on Linux alone and may miss the last moment of a process.
 *
 * @module
 */

/** One process of a command. */
export interface ProcessCost {
  readonly pid: number;
  readonly command: string;
  /** Most memory that was resident at once (VmHWM). */
  readonly peakBytes: number;
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
}

/** What a command cost. */
export interface CommandCost {
  readonly wallSeconds: number;
  readonly success: boolean;
  /** What it printed. */
  readonly output: string;
  readonly processes: readonly ProcessCost[];
}

const SAMPLE_MS = 100;
/** Clock ticks a second in /proc (USER_HZ), 100 on every Linux that Deno runs on. */
const TICKS = 100;

/** Runs `program` to its end. */
export async function measureCommand(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandCost> {
  const seen = new Map<number, ProcessCost>();
  const startMs = performance.now();
  const child = new Deno.Command(program, {
    args: [...args],
    cwd: new URL("../../", import.meta.url).pathname,
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setInterval(() => sample(child.pid, seen), SAMPLE_MS);
  try {
    const { success, stdout, stderr } = await child.output();
    const text = new TextDecoder();
    return {
      wallSeconds: (performance.now() - startMs) / 1000,
      success,
      output: text.decode(stdout) + text.decode(stderr),
      processes: [...seen.values()],
    };
  } finally {
    clearInterval(timer);
  }
}

/** User and system time of a process so far, all its threads; 0 where it has ended. */
export function cpuSecondsOf(pid: number): number {
  return readStat(pid)?.cpuSeconds ?? 0;
}

function readStat(pid: number): { parent: number; cpuSeconds: number } | null {
  const stat = read(`/proc/${pid}/stat`);
  // The name, in brackets, may hold spaces; what follows it does not
  const cells = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (cells.length < 14) return null;
  return { parent: Number(cells[1]), cpuSeconds: (Number(cells[11]) + Number(cells[12])) / TICKS };
}

/** Notes the cost so far of `root` and of everything below it. */
function sample(root: number, seen: Map<number, ProcessCost>): void {
  const parents = new Map<number, number>();
  const found: { pid: number; command: string; cpuSeconds: number }[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    const pid = Number(name);
    const stat = pid > 0 ? readStat(pid) : null;
    if (stat === null) continue;
    parents.set(pid, stat.parent);
    const command = read(`/proc/${pid}/cmdline`).split("\0")
      .filter((word) => /^[a-z_/]/.test(word)).map((word) => word.split("/").at(-1)).join(" ");
    found.push({ pid, command, cpuSeconds: stat.cpuSeconds });
  }
  for (const { pid, command, cpuSeconds } of found) {
    let up: number | undefined = pid;
    while (up !== undefined && up !== root) up = parents.get(up);
    const peak = /VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1];
    if (up === undefined || peak === undefined) continue;
    seen.set(pid, { pid, command, peakBytes: Number(peak) * 1024, cpuSeconds });
  }
}

/** The file's text, or nothing where the process has just ended. */
function read(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return "";
  }
}
