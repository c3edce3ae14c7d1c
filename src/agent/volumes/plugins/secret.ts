import { secretFiles } from "./payload.ts";
import type { VolumeContext, VolumePlugin } from "./types.ts";
import { defaultFileMode, writeSecretFiles } from "./written.ts";

/** https://kubernetes.io/docs/concepts/storage/volumes/#secret. Kept in memory (tmpfs) where this process may mount. */
export const secret: VolumePlugin = {
  name: "secret",
  readOnly: true,
  supports: (volume) => volume.secret !== undefined,
  hostPath: ({ folder }) => folder,
  setUp: write,
  refresh: write,
};

async function write(context: VolumeContext): Promise<void> {
  const { secretName, ...source } = context.volume.secret ?? {};
  const files = secretFiles(
    context,
    { ...source, ...(secretName === undefined ? {} : { name: secretName }) },
    source.defaultMode ?? defaultFileMode,
  );
  await writeSecretFiles(context, files);
}
