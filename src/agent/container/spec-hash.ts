import { createHash } from "node:crypto";
import type { Container } from "../../machinery/types/core/v1.ts";

/**
 * Changes when a running container no longer is what its spec says. Of what may be changed in a pod only the image
 * asks for a new container, so only it (and the name) counts, as in the kubelet; defaults that a newer API server fills
 * in must not restart containers.
 */
export function specHash(container: Pick<Container, "name" | "image">): string {
  return createHash("sha256")
    .update(JSON.stringify([container.name, container.image ?? ""]))
    .digest("hex")
    .slice(0, 16);
}
