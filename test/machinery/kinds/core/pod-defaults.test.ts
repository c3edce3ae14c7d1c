import { describe, expect, it } from "vitest";
import { defaultPodTemplate } from "../../../../src/machinery/kinds/core/pod/defaults.ts";
import { imageTag } from "../../../../src/machinery/kinds/core/pod/image-name.ts";
import { defaulted, definitionOf, objectOf } from "../support.ts";

describe("defaults of a pod", () => {
  it("are those a real cluster shows for a pod with one container", () => {
    const pod = { metadata: { name: "web" }, spec: { containers: [{ name: "web", image: "nginx" }] } };
    expect(defaulted("Pod", pod).spec).toEqual({
      containers: [
        {
          name: "web",
          image: "nginx",
          imagePullPolicy: "Always",
          resources: {},
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
        },
      ],
      dnsPolicy: "ClusterFirst",
      enableServiceLinks: true,
      restartPolicy: "Always",
      schedulerName: "default-scheduler",
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    });
  });

  it("reach into probes, hooks, ports, environment and every kind of volume", () => {
    const pod = {
      metadata: { name: "web" },
      spec: {
        serviceAccount: "robot",
        initContainers: [{ name: "init", image: "busybox:1.36" }],
        containers: [
          {
            name: "web",
            image: "registry:5000/nginx:1.27",
            ports: [{ containerPort: 80 }],
            env: [
              { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
              { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
            ],
            resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } },
            livenessProbe: { httpGet: { port: 80 } },
            readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 5 },
            startupProbe: { grpc: { port: 80 } },
            lifecycle: { preStop: { httpGet: { port: 80 } } },
          },
        ],
        volumes: [
          { name: "empty" },
          { name: "map", configMap: { name: "m" } },
          { name: "secret", secret: { secretName: "s" } },
          { name: "host", hostPath: { path: "/tmp" } },
          { name: "down", downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
          { name: "all", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
          { name: "image", image: { reference: "data:latest" } },
          { name: "claim", persistentVolumeClaim: { claimName: "c" } },
        ],
      },
    };
    expect(defaulted("Pod", pod).spec).toMatchObject({
      serviceAccount: "robot",
      serviceAccountName: "robot",
      initContainers: [{ imagePullPolicy: "IfNotPresent", terminationMessagePolicy: "File", resources: {} }],
      containers: [
        {
          imagePullPolicy: "IfNotPresent",
          ports: [{ containerPort: 80, protocol: "TCP" }],
          env: [
            { valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } } },
            { valueFrom: { resourceFieldRef: { divisor: "0" } } },
          ],
          resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m", memory: "1Gi" } },
          livenessProbe: {
            httpGet: { path: "/", port: 80, scheme: "HTTP" },
            failureThreshold: 3,
            periodSeconds: 10,
            successThreshold: 1,
            timeoutSeconds: 1,
          },
          readinessProbe: { periodSeconds: 5, timeoutSeconds: 1 },
          startupProbe: { grpc: { port: 80, service: "" } },
          lifecycle: { preStop: { httpGet: { path: "/", scheme: "HTTP" } } },
        },
      ],
      volumes: [
        { name: "empty", emptyDir: {} },
        { configMap: { defaultMode: 420 } },
        { secret: { defaultMode: 420 } },
        { hostPath: { path: "/tmp", type: "" } },
        { downwardAPI: { defaultMode: 420, items: [{ fieldRef: { apiVersion: "v1" } }] } },
        { projected: { defaultMode: 420, sources: [{ serviceAccountToken: { expirationSeconds: 3600 } }] } },
        { image: { pullPolicy: "Always" } },
        { name: "claim", persistentVolumeClaim: { claimName: "c" } },
      ],
    });
  });

  it("give a pod on the host's network its ports, but not a template", () => {
    const spec = { hostNetwork: true, containers: [{ name: "a", image: "a:1", ports: [{ containerPort: 80 }] }] };
    expect(defaulted("Pod", { metadata: {}, spec }).spec).toMatchObject({
      containers: [{ ports: [{ containerPort: 80, hostPort: 80 }] }],
    });
    const template = { metadata: {}, spec: structuredClone(spec) };
    defaultPodTemplate(template);
    expect(template.spec.containers[0]?.ports[0]).toEqual({ containerPort: 80, protocol: "TCP" });
    expect(template.spec).not.toHaveProperty("enableServiceLinks");
  });

  it("take a pod's own requests from what its containers request, else from its limits", () => {
    const pod = {
      metadata: {},
      spec: {
        resources: { limits: { cpu: "2", memory: "1Gi" } },
        containers: [
          { name: "a", image: "a", resources: { requests: { cpu: "250m" } } },
          { name: "b", image: "b", resources: { requests: { cpu: "500m" } } },
        ],
      },
    };
    expect(defaulted("Pod", pod).spec).toMatchObject({ resources: { requests: { cpu: "750m", memory: "1Gi" } } });
  });

  it("change nothing when they run again", () => {
    const once = defaulted("Pod", {
      metadata: {},
      spec: { containers: [{ name: "a", image: "a" }], volumes: [{ name: "v" }] },
    });
    expect(defaulted("Pod", once)).toEqual(once);
  });

  it.each([
    ["nginx", "latest"],
    ["nginx:1.27", "1.27"],
    ["localhost:5000/nginx", "latest"],
    ["localhost:5000/nginx:1", "1"],
    ["nginx@sha256:abc", undefined],
    ["nginx:1@sha256:abc", "1"],
  ])("read the tag of %s as %s", (image, tag) => {
    expect(imageTag(image)).toBe(tag);
  });
});

describe("creating a pod", () => {
  it("sets its phase and QoS class and drops what it came with", () => {
    const pod = defaulted("Pod", {
      metadata: {},
      spec: { containers: [{ name: "a", image: "a", resources: { limits: { cpu: "1", memory: "1Gi" } } }] },
      status: { phase: "Running", podIP: "1.2.3.4" },
    });
    definitionOf("Pod").strategy.prepareForCreate?.(pod);
    expect(pod.status).toEqual({ phase: "Pending", qosClass: "Guaranteed" });
  });

  it("says that it waits at its scheduling gates", () => {
    const pod = objectOf({ metadata: {}, spec: { containers: [], schedulingGates: [{ name: "wait" }] } });
    definitionOf("Pod").strategy.prepareForCreate?.(pod);
    expect(pod.status).toMatchObject({
      conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
    });
  });
});
