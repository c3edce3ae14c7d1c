import { httpHeaderName } from "../../../../meta/names.ts";
import { fieldForbidden, invalidValue, notSupported, required } from "../../../../status/field-errors.ts";
import type { HTTPGetAction, LifecycleHandler, Probe, ProbeHandler } from "../../../../types/core/v1.ts";
import {
  checkNotNegative,
  checkPort,
  checkPortNumberOrName,
  checkRule,
  type Errors,
} from "../../../validation/checks.ts";

const schemes = ["HTTP", "HTTPS"];

/** `once`: liveness and startup probes count a single success. */
export function checkProbe(errors: Errors, path: string, probe: Probe, once: boolean): void {
  checkHandler(errors, path, probe);
  checkNotNegative(errors, `${path}.initialDelaySeconds`, probe.initialDelaySeconds);
  checkNotNegative(errors, `${path}.timeoutSeconds`, probe.timeoutSeconds);
  checkNotNegative(errors, `${path}.periodSeconds`, probe.periodSeconds);
  checkNotNegative(errors, `${path}.successThreshold`, probe.successThreshold);
  checkNotNegative(errors, `${path}.failureThreshold`, probe.failureThreshold);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, "must be greater than 0"));
  }
  if (once && probe.successThreshold !== undefined && probe.successThreshold !== 1) {
    errors.push(invalidValue(`${path}.successThreshold`, probe.successThreshold, "must be 1"));
  }
}

/** What a probe or a lifecycle hook does: exactly one thing. */
export function checkHandler(errors: Errors, path: string, handler: ProbeHandler & LifecycleHandler): void {
  let count = 0;
  const another = (field: string): boolean => {
    count++;
    if (count === 1) return true;
    errors.push(fieldForbidden(`${path}.${field}`, "may not specify more than 1 handler type"));
    return false;
  };
  if (handler.exec && another("exec") && !handler.exec.command?.length) {
    errors.push(required(`${path}.exec.command`));
  }
  if (handler.httpGet && another("httpGet")) checkHttpGet(errors, `${path}.httpGet`, handler.httpGet);
  if (handler.tcpSocket && another("tcpSocket")) {
    checkPortNumberOrName(errors, `${path}.tcpSocket.port`, handler.tcpSocket.port);
  }
  if (handler.grpc && another("grpc")) checkPort(errors, `${path}.grpc.port`, handler.grpc.port);
  if (handler.sleep && another("sleep")) checkNotNegative(errors, `${path}.sleep.seconds`, handler.sleep.seconds);
  if (count === 0) errors.push(required(path, "must specify a handler type"));
}

function checkHttpGet(errors: Errors, path: string, action: HTTPGetAction): void {
  if (!action.path) errors.push(required(`${path}.path`));
  checkPortNumberOrName(errors, `${path}.port`, action.port);
  if (!schemes.includes(action.scheme ?? "")) errors.push(notSupported(`${path}.scheme`, action.scheme ?? "", schemes));
  for (const [index, header] of (action.httpHeaders ?? []).entries()) {
    checkRule(errors, `${path}.httpHeaders[${index}].name`, header.name, httpHeaderName);
  }
}
