/** An image for tests, made on the spot from the host's static busybox: no registry is asked. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import Docker from "dockerode";
import { pack } from "tar-stream";

/** On everything that tests make on the engine, so that it can be found and removed. */
export const TEST_LABEL = "io.kl.test";

const places = ["/bin/busybox", "/usr/bin/busybox", "/bin/busybox-static"];

export interface TestImage {
  readonly tag: string;
  /** Lines of a Dockerfile: USER, ENTRYPOINT, CMD, ENV, WORKDIR, STOPSIGNAL. */
  readonly changes?: readonly string[];
}

export const busybox: TestImage = { tag: "kl.test/busybox:1", changes: ['CMD ["sh"]'] };
/** Runs as a user that only has a name: runAsNonRoot cannot verify it. */
export const namedUser: TestImage = { tag: "kl.test/named-user:1", changes: ["USER nobody", 'CMD ["sleep", "3600"]'] };

/** Makes the image if it is not there, and returns its tag. It stays, for the next run of the tests. */
export async function ensureImage(image: TestImage): Promise<string> {
  const docker = new Docker();
  const present = await docker
    .getImage(image.tag)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (present) return image.tag;
  const [repo, tag] = image.tag.split(":");
  const changes = ["ENV PATH=/bin", `LABEL ${TEST_LABEL}=image`, ...(image.changes ?? [])];
  const progress = await docker.importImage(Readable.from(busyboxRoot()), { repo, tag, changes });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()));
  });
  return image.tag;
}

function busyboxRoot() {
  const path = places.find((place) => existsSync(place));
  if (path === undefined) throw new Error("these tests need a static busybox: apt-get install busybox-static");
  const applets = execFileSync(path, ["--list"], { encoding: "utf8" }).trim().split("\n");
  const archive = pack();
  const folders = ["bin", "etc", "tmp", "root", "var", "home", "data"];
  for (const name of folders)
    archive.entry({ name: `${name}/`, type: "directory", mode: name === "tmp" ? 0o1777 : 0o755 });
  archive.entry({ name: "bin/busybox", mode: 0o755 }, readFileSync(path));
  for (const applet of applets) {
    if (applet !== "busybox") archive.entry({ name: `bin/${applet}`, type: "symlink", linkname: "busybox" });
  }
  archive.entry({ name: "etc/passwd" }, "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n");
  archive.entry({ name: "etc/group" }, "root:x:0:\nnogroup:x:65534:\n");
  archive.finalize();
  return archive;
}
