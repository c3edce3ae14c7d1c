import { amountOf, setAmount } from "../../../quantity/resource-list.ts";
import type {
  Container,
  ContainerPort,
  EnvVar,
  EphemeralContainer,
  HTTPGetAction,
  LifecycleHandler,
  Probe,
} from "../../../types/core/v1.ts";
import { defaultPullPolicy } from "./image-name.ts";

/** SetDefaults_Container and all below it. Changes the container in place. */
export function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  container.resources ??= {};
  if (container.ports) for (const port of container.ports) defaultPort(port);
  if (container.env) for (const variable of container.env) defaultEnv(variable);
  if (container.livenessProbe) defaultProbe(container.livenessProbe);
  if (container.readinessProbe) defaultProbe(container.readinessProbe);
  if (container.startupProbe) defaultProbe(container.startupProbe);
  if (container.lifecycle?.postStart) defaultHandler(container.lifecycle.postStart);
  if (container.lifecycle?.preStop) defaultHandler(container.lifecycle.preStop);
}

function defaultPort(port: ContainerPort): void {
  port.protocol ||= "TCP";
}

function defaultEnv(variable: EnvVar): void {
  const from = variable.valueFrom;
  if (from === undefined) return;
  if (from.fieldRef) from.fieldRef.apiVersion ||= "v1";
  if (from.resourceFieldRef) from.resourceFieldRef.divisor ??= "0";
  if (from.fileKeyRef) from.fileKeyRef.optional ??= false;
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet) defaultHttpGet(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= "";
}

function defaultHandler(handler: LifecycleHandler): void {
  if (handler.httpGet) defaultHttpGet(handler.httpGet);
}

function defaultHttpGet(action: HTTPGetAction): void {
  action.path ||= "/";
  action.scheme ||= "HTTP";
}

/** What a container limits but does not request, it requests. */
export function requestWhatIsLimited(container: Container): void {
  const limits = container.resources?.limits;
  if (limits === undefined || container.resources === undefined) return;
  for (const name in limits) {
    const limit = limits[name];
    if (limit === undefined) continue;
    container.resources.requests ??= {};
    const { requests } = container.resources;
    if (amountOf(requests, name) === undefined) setAmount(requests, name, limit);
  }
}
