/** Makes sure that a container's image is there, by its pull policy: https://kubernetes.io/docs/concepts/containers/images/ */
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { goQuote } from "../../machinery/status/go-format.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { SpecContainer } from "../container/kinds.ts";
import { BackOff } from "../pod/backoff.ts";
import { ImagePullError, type ImageStatus, type RegistryAuth, type Runtime } from "../runtime/types.ts";
import type { ObjectSource } from "../volumes/types.ts";
import { pullCredentials } from "./credentials.ts";
import { defaultPullPolicy, InvalidImageNameError, parseImage, withDefaultTag } from "./reference.ts";

/** `reason` is the waiting reason of the container's status. `retryAt`: when the pull may be tried again (by Clock.elapsed()). */
export class ImageError extends Error {
  override name = "ImageError";
  readonly reason: "InvalidImageName" | "ErrImageNeverPull" | "ImagePullBackOff" | "ErrImagePull" | "ImageInspectError";
  readonly retryAt: number | undefined;
  constructor(reason: ImageError["reason"], message: string, retryAt?: number, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.retryAt = retryAt;
  }
}

export interface ImageManager {
  /** Throws ImageError; tells of what it does through `event`. */
  ensure(pod: Pod, spec: SpecContainer, event: ImageEventSink): Promise<ImageStatus>;
  forget(podUid: string): void;
}

export type ImageEventSink = (type: "Normal" | "Warning", reason: string, message: string) => void;

export interface ImageManagerOptions {
  readonly runtime: Pick<Runtime, "imageStatus" | "pullImage">;
  readonly objects: ObjectSource;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createImageManager({ runtime, objects, clock, log }: ImageManagerOptions): ImageManager {
  const backOff = new BackOff(clock);
  const lastErrors = new Map<string, string>();
  const pulls = new Map<string, Promise<ImageStatus>>();

  /** Pods that want the same image with the same credentials wait for one pull. */
  const pullOnce = (image: string, auth: RegistryAuth | undefined): Promise<ImageStatus> => {
    const key = JSON.stringify([image, auth ?? null]);
    let pull = pulls.get(key);
    if (!pull) {
      pull = runtime.pullImage(image, auth).finally(() => pulls.delete(key));
      pulls.set(key, pull);
    }
    return pull;
  };

  const pullWithAny = async (image: string, credentials: readonly RegistryAuth[]): Promise<ImageStatus> => {
    const failures: unknown[] = [];
    for (const auth of credentials.length > 0 ? credentials : [undefined]) {
      try {
        return await pullOnce(image, auth);
      } catch (error) {
        if (!(error instanceof ImagePullError)) throw error;
        failures.push(error);
      }
    }
    throw failures[0];
  };

  return {
    async ensure(pod, { container }, event) {
      const written = container.image ?? "";
      const image = nameOf(written, event);
      const present = await inspect(runtime, image, event);
      const policy = container.imagePullPolicy || defaultPullPolicy(image);
      if (present && policy !== "Always") {
        event(
          "Normal",
          "Pulled",
          `Container image ${goQuote(written)} already present on machine and can be accessed by the pod`,
        );
        return present;
      }
      if (policy === "Never") {
        const message = `Container image ${goQuote(written)} is not present with pull policy of Never`;
        event("Warning", "ErrImageNeverPull", message);
        throw new ImageError("ErrImageNeverPull", message);
      }

      const key = `${pod.metadata.uid}_${written}`;
      const wait = backOff.untilSinceUpdate(key);
      if (wait !== undefined) {
        const message = `Back-off pulling image ${goQuote(written)}`;
        event("Normal", "BackOff", message);
        const cause = lastErrors.get(key);
        throw new ImageError("ImagePullBackOff", cause ? `${message}: ErrImagePull: ${cause}` : message, wait);
      }

      event("Normal", "Pulling", `Pulling image ${goQuote(written)}`);
      const began = clock.elapsed();
      const { credentials, problems } = pullCredentials(pod, parseImage(image), objects);
      if (problems.length > 0) {
        const message = `Unable to retrieve some image pull secrets (${problems.join(", ")}); attempting to pull the image may not succeed.`;
        event("Warning", "FailedToRetrieveImagePullSecret", message);
      }
      try {
        const status = await pullWithAny(image, credentials);
        const took = `${((clock.elapsed() - began) / 1000).toFixed(3).replace(/\.?0+$/, "")}s`;
        const size = status.sizeBytes;
        event(
          "Normal",
          "Pulled",
          `Successfully pulled image ${goQuote(written)} in ${took} (${took} including waiting). Image size: ${size} bytes.`,
        );
        lastErrors.delete(key);
        return status;
      } catch (error) {
        if (!(error instanceof ImagePullError)) throw error;
        event("Warning", "Failed", `Failed to pull image ${goQuote(written)}: ${error.message}`);
        log.debug({ err: error, image }, "image pull failed");
        backOff.next(key, clock.now());
        lastErrors.set(key, error.message);
        throw new ImageError("ErrImagePull", error.message, backOff.untilSinceUpdate(key), { cause: error });
      }
    },

    forget(podUid) {
      backOff.forget(`${podUid}_`);
      for (const key of lastErrors.keys()) if (key.startsWith(`${podUid}_`)) lastErrors.delete(key);
    },
  };
}

function nameOf(image: string, event: ImageEventSink): string {
  try {
    return withDefaultTag(image);
  } catch (error) {
    if (!(error instanceof InvalidImageNameError)) throw error;
    const message = `Failed to apply default image tag ${goQuote(image)}: ${error.message}`;
    event("Warning", "InspectFailed", message);
    throw new ImageError("InvalidImageName", message, undefined, { cause: error });
  }
}

async function inspect(runtime: Pick<Runtime, "imageStatus">, image: string, event: ImageEventSink) {
  try {
    return await runtime.imageStatus(image);
  } catch (error) {
    if ((error as Error).name === "RuntimeUnavailableError") throw error;
    const message = `Failed to inspect image ${goQuote(image)}: ${(error as Error).message}`;
    event("Warning", "InspectFailed", message);
    throw new ImageError("ImageInspectError", message, undefined, { cause: error });
  }
}
