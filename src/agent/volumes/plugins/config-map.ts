import { configMapFiles } from "./payload.ts";
import type { VolumeContext, VolumePlugin } from "./types.ts";
import { defaultFileMode, writeFiles } from "./written.ts";

/** https://kubernetes.io/docs/concepts/storage/volumes/#configmap */
export const configMap: VolumePlugin = {
  name: "configmap",
  readOnly: true,
  supports: (volume) => volume.configMap !== undefined,
  hostPath: ({ folder }) => folder,
  setUp: write,
  refresh: write,
};

async function write(context: VolumeContext): Promise<void> {
  const source = context.volume.configMap ?? {};
  await writeFiles(context, configMapFiles(context, source, source.defaultMode ?? defaultFileMode));
}
