/** V8's own instruments. Loaded when somebody asks. */
import { Session } from "node:inspector/promises";

/** JSON. `onStop` gets what ends it early. Measures the whole process, whoever else measures at the same time. */
export async function cpuProfile(seconds: number, onStop: (stop: () => void) => void): Promise<string> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000).unref();
      onStop(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    const { profile } = await session.post("Profiler.stop");
    return JSON.stringify(profile);
  } finally {
    session.disconnect();
  }
}

export async function heapSnapshot(write: (chunk: string) => void): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    session.on("HeapProfiler.addHeapSnapshotChunk", ({ params }) => write(params.chunk));
    await session.post("HeapProfiler.takeHeapSnapshot");
  } finally {
    session.disconnect();
  }
}
