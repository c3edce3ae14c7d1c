/** An API server over HTTPS with what joining needs: the certificate controllers, the signer and kl-config. */
import { randomInt } from "node:crypto";
import { createInformerFactory } from "../../../src/api/client/factory.ts";
import type { Client } from "../../../src/api/client/types.ts";
import { controllerUser, startControllers } from "../../../src/ctrl/index.ts";
import { controllers } from "../../../src/ctrl/registry.ts";
import {
  type BootstrapToken,
  defaultNodeTokenGroup,
  tokenSecret,
} from "../../../src/machinery/bootstrap/bootstrap-token.ts";
import { formatJoinToken } from "../../../src/machinery/bootstrap/join-token.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import type { Secret } from "../../../src/machinery/types/core/v1.ts";
import { writeClusterConfig } from "../../../src/server/cluster-config.ts";
import { CertificateSigner } from "../../../src/server/pki/certificate-signer.ts";
import { type Fixture, startApi } from "../../api/fixture.ts";
import { FakeClock } from "../../fake-clock.ts";

const names = ["csrapproving", "csrsigning", "tokencleaner"];

export interface JoinableCluster {
  readonly api: Fixture;
  readonly client: Client;
  readonly clock: FakeClock;
  readonly url: string;
  /** A new join token. */
  token(change?: Partial<BootstrapToken>): Promise<string>;
  /** Lets time pass until the promise is settled. */
  pass<T>(promise: Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export async function startJoinable(): Promise<JoinableCluster> {
  // From now on, since TLS judges certificates by the machine's clock.
  const clock = new FakeClock(Date.now());
  const api = await startApi({ clock });
  const signer = new CertificateSigner(api.certificates.authority, clock);
  const informers = createInformerFactory({
    client: api.api.client({ name: "system:kube-controller-manager", groups: ["system:authenticated"] }),
    clock,
    log: silentLogger,
  });
  const running = await startControllers({
    client: (account) => api.api.client(controllerUser(account)),
    informers,
    events: () => ({ event: () => undefined }),
    clock,
    log: silentLogger,
    definitions: () => [],
    rootCertificate: api.certificates.authority.cert,
    signCertificate: (order) => signer.sign(order),
    disable: controllers.map(({ name }) => name).filter((name) => !names.includes(name)),
  });
  await writeClusterConfig(api.client, { clusterID: "the-cluster" });
  return {
    api,
    client: api.client,
    clock,
    url: `https://127.0.0.1:${api.port}`,
    async token(change) {
      const parts = { id: `t${String(randomInt(100_000)).padStart(5, "0")}`, secret: "0123456789abcdef" };
      const rest = {
        description: "",
        expiration: undefined,
        usages: ["authentication"],
        groups: [defaultNodeTokenGroup],
      };
      const token = { ...parts, ...rest, ...change };
      const secrets = { group: "", version: "v1", resource: "secrets" };
      await api.client.resource<Secret>(secrets, "kube-system").create(tokenSecret(token));
      return formatJoinToken(api.certificates.authority.cert, token);
    },
    async pass(promise) {
      let settled = false;
      const done = (): void => {
        settled = true;
      };
      promise.then(done, done);
      while (!settled) {
        // Slowly: threads and sockets have their own time, and what waits for them must not give up.
        await clock.run(50);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return promise;
    },
    async stop() {
      await running.stop();
      await informers.stop();
      await signer.close();
      await api.close();
    },
  };
}
