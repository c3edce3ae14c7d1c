import type { Plugin } from "../framework/types.ts";
import type { ImageState } from "../snapshot/image-index.ts";

const mebibyte = 1024 * 1024;
/** Less than this is not worth a thought, and more than `most` per container makes no difference any more. */
const least = 23 * mebibyte;
const most = 1000 * mebibyte;

/** Prefers nodes that have the pod's images already, weighed by size and by how widely an image is spread. */
export const imageLocality: Plugin = {
  name: "ImageLocality",
  sign: (pod) => JSON.stringify(imagesOf(pod)),
  score(pod, snapshot) {
    const names = imagesOf(pod).map(normalized);
    const containers = names.length;
    if (containers === 0) return undefined;
    const limit = most * containers;
    let images: ImageState[] = [];
    let known = -1;
    return {
      reads: "node",
      epoch: () => snapshot.images.epoch * 1_000_000 + snapshot.nodeCount,
      score(slot) {
        if (known !== snapshot.images.epoch) {
          known = snapshot.images.epoch;
          images = names.map((name) => snapshot.images.get(name)).filter((image) => image !== undefined);
        }
        let sum = 0;
        for (const { size, slots } of images) {
          if (slots.has(slot)) sum += Math.floor(size * (slots.size / snapshot.nodeCount));
        }
        if (sum <= least) return 0;
        return Math.floor((100 * (Math.min(sum, limit) - least)) / (limit - least));
      },
    };
  },
};

function imagesOf({ pod }: Parameters<NonNullable<Plugin["sign"]>>[0]): string[] {
  const { containers = [], initContainers = [] } = pod.spec ?? { containers: [] };
  return [...initContainers, ...containers].map((container) => container.image ?? "");
}

/** As nodes report them: with a tag. */
function normalized(name: string): string {
  return name.lastIndexOf(":") <= name.lastIndexOf("/") ? `${name}:latest` : name;
}
