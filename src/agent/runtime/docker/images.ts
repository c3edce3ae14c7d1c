/** Images as Docker has them: short names mean what they mean to `docker run`, so what was built locally is usable at once. */
import type Docker from "dockerode";
import { ImagePullError, type ImageStatus, type RegistryAuth, RuntimeError } from "../types.ts";
import { type Engine, engineMessage } from "./engine.ts";

/** What the kubelet shows as imageID: by digest where the image came from a registry. */
export function imageIdOf(image: { readonly id: string; readonly repoDigests: readonly string[] }): string {
  const digest = image.repoDigests[0];
  return digest === undefined ? `docker://${image.id}` : `docker-pullable://${digest}`;
}

export async function imageStatus(engine: Engine, image: string): Promise<ImageStatus | undefined> {
  try {
    const found = await engine.call((docker) => docker.getImage(image).inspect());
    return {
      id: found.Id,
      repoTags: found.RepoTags ?? [],
      repoDigests: found.RepoDigests ?? [],
      sizeBytes: found.Size,
      user: found.Config?.User ?? "",
    };
  } catch (error) {
    if (error instanceof RuntimeError && error.reason === "not-found") return undefined;
    throw error;
  }
}

export async function listImages(engine: Engine): Promise<ImageStatus[]> {
  const images = await engine.call((docker) => docker.listImages());
  return images.map((image) => ({
    id: image.Id,
    repoTags: (image.RepoTags ?? []).filter((tag) => tag !== "<none>:<none>"),
    repoDigests: (image.RepoDigests ?? []).filter((digest) => digest !== "<none>@<none>"),
    sizeBytes: image.Size,
    user: "",
  }));
}

export async function pullImage(engine: Engine, image: string, auth?: RegistryAuth): Promise<ImageStatus> {
  try {
    await engine.call((docker) => pull(docker, image, auth));
  } catch (error) {
    if (error instanceof RuntimeError) throw new ImagePullError(error.message, { cause: error });
    throw error;
  }
  const status = await imageStatus(engine, image);
  if (status === undefined) throw new ImagePullError(`image ${JSON.stringify(image)} is not there after its pull`);
  return status;
}

async function pull(docker: Docker, image: string, auth: RegistryAuth | undefined): Promise<void> {
  const progress = await docker.pull(image, auth ? { authconfig: authConfig(auth) } : {});
  await new Promise<void>((resolve, reject) => {
    // The engine answers 200 and tells of a failure in the stream.
    docker.modem.followProgress(progress, (error: Error | null) =>
      error ? reject(new RuntimeError("other", engineMessage(error), { cause: error })) : resolve(),
    );
  });
}

function authConfig(auth: RegistryAuth): Record<string, string> {
  return {
    ...(auth.username === undefined ? {} : { username: auth.username }),
    ...(auth.password === undefined ? {} : { password: auth.password }),
    ...(auth.serverAddress === undefined ? {} : { serveraddress: auth.serverAddress }),
    ...(auth.identityToken === undefined ? {} : { identitytoken: auth.identityToken }),
  };
}
