import { isSea } from "node:sea";

/**
 * glibc gives each thread a heap of its own, and keeps what was freed in it: 6 MB and more of an idle daemon, which are
 * never used again (mallopt(3)). It reads its settings from the environment when a process begins, so a daemon begins
 * twice, as the same process. `KL_STARTED_AT`: when it began first, in ms since the epoch.
 */
const settings = { MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "131072" } as const;

/** Does not return where the process is replaced; returns where that is not possible, or was done. */
export function becomeLean(): void {
  const { argv, channel, env, execArgv, execPath, platform } = process;
  const done = env.MALLOC_ARENA_MAX !== undefined;
  // The channel to a parent that is Node as well would be lost.
  if (done || platform !== "linux" || channel !== undefined || process.execve === undefined) return;
  const script = isSea() ? [] : [...execArgv, argv[1] ?? ""];
  const started = String(Math.round(performance.timeOrigin));
  process.execve(execPath, [execPath, ...script, ...argv.slice(2)], { ...env, ...settings, KL_STARTED_AT: started });
}
