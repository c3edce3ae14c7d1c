import { downwardApiFiles } from "./payload.ts";
import type { VolumeContext, VolumePlugin } from "./types.ts";
import { defaultFileMode, writeFiles } from "./written.ts";

/** https://kubernetes.io/docs/concepts/storage/volumes/#downwardapi */
export const downwardApi: VolumePlugin = {
  name: "downward-api",
  readOnly: true,
  supports: (volume) => volume.downwardAPI !== undefined,
  hostPath: ({ folder }) => folder,
  setUp: write,
  refresh: write,
};

async function write(context: VolumeContext): Promise<void> {
  const { items = [], defaultMode = defaultFileMode } = context.volume.downwardAPI ?? {};
  await writeFiles(context, downwardApiFiles(context, items, defaultMode));
}
