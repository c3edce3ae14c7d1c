import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientResult, kubectls, runClient } from "../clients/kubectl.ts";
import { type Fixture, startApi } from "./fixture.ts";

const binaries = await kubectls();
let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe.each(binaries)("%s", (binary) => {
  const suffix = binaries.indexOf(binary);
  const kubectl = (args: string, stdin?: string): Promise<ClientResult> =>
    runClient(binary, args.split(" "), { kubeconfig: api.kubeconfig, ...(stdin === undefined ? {} : { stdin }) });
  const good = async (args: string, stdin?: string): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(args, stdin);
    expect(code, `${args}: ${stderr}`).toBe(0);
    return stdout;
  };

  test("applies, gets, patches, scales and deletes", async () => {
    const name = `web-${suffix}`;
    const manifest = (replicas: number, image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: {app: ${name}}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      containers:
        - name: main
          image: ${image}
          ports: [{containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  type: NodePort
  selector: {app: ${name}}
  ports: [{port: 80}]
`;
    expect(await good("apply -f -", manifest(2, "a:1"))).toBe(
      `deployment.apps/${name} created\nservice/${name} created\n`,
    );
    expect(await good("apply -f -", manifest(2, "a:1"))).toBe(
      `deployment.apps/${name} unchanged\nservice/${name} unchanged\n`,
    );
    expect(await good("apply -f -", manifest(3, "a:2"))).toBe(
      `deployment.apps/${name} configured\nservice/${name} unchanged\n`,
    );
    expect(await good(`get deployment ${name}`)).toMatch(
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb-\d +0\/3 +0 +0 +\d+s\n$/,
    );
    expect(await good(`get svc ${name} -o jsonpath={.spec.clusterIP}:{.spec.ports[0].nodePort}`)).toMatch(
      /^10\.43\.\d+\.\d+:3\d{4}$/,
    );
    expect(await good(`scale deployment ${name} --replicas=5`)).toBe(`deployment.apps/${name} scaled\n`);
    await good(`patch deployment ${name} --type=json -p [{"op":"replace","path":"/spec/replicas","value":1}]`);
    await good(`patch deployment ${name} --type=merge -p {"metadata":{"labels":{"x":"y"}}}`);
    await good(`set image deployment/${name} main=a:3`);
    expect(
      await good(
        `get deployment -l x=y -o jsonpath={.items[*].spec.replicas}{.items[*].spec.template.spec.containers[*].image}`,
      ),
    ).toBe("1a:3");
    await good(`label deployment ${name} x-`);
    await good(`annotate deployment ${name} note=hello`);
    expect(await good(`describe deployment ${name}`)).toContain("note: hello");
    expect(await good(`delete deployment,svc ${name} --wait=false`)).toContain(`"${name}" deleted`);
  });

  test("says what there is", async () => {
    expect(await good("version")).toMatch(/Server Version: v1\.36\.0\+kl/);
    const resources = await good("api-resources");
    expect(resources).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
    expect(resources).toMatch(/^pods +po +v1 +true +Pod$/m);
    expect(await good("api-versions")).toContain("networking.k8s.io/v1\n");
    expect(await good("auth can-i create pods")).toBe("yes\n");
    expect(await good("auth whoami")).toContain("kubernetes-admin");
    expect(await good("get --raw /readyz")).toBe("ok");
    expect(await good("get all -A")).toContain("service/kubernetes");
  });

  test("errors read as they do on any cluster", async () => {
    const missing = await kubectl("get pod nope");
    expect(missing).toEqual({ code: 1, stdout: "", stderr: 'Error from server (NotFound): pods "nope" not found\n' });
    expect((await kubectl("get pods")).stderr).toBe("No resources found in default namespace.\n");
    const unknown = await kubectl(
      "create -f - --validate=false",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {}\n",
    );
    expect(unknown.stderr).toContain('The Pod "x" is invalid: spec.containers: Required value');
    const field = await kubectl(`create cm strict-${suffix} --dry-run=client -o name`);
    expect(field.code).toBe(0);
  });
});
