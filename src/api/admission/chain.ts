import type { Resource } from "../registry/resource.ts";
import type { AdmissionChain, AdmissionPlugin, AdmissionRequest, Operation } from "./types.ts";

type Step = (request: AdmissionRequest) => void | Promise<void>;

/** What concerns one kind of write: the steps that change, then the steps that judge. */
interface Plan {
  readonly admit: readonly Step[];
  readonly validate: readonly Step[];
}

/**
 * Runs the plugins in the order they are given (plugins.ts), first all that change, later all that only judge. Which of
 * them a kind of write concerns is found out once for each resource: a write that concerns nobody costs two look-ups.
 */
export function admissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  // By resource, not by name: definitions come and go, and a new one makes new resources.
  const plans = new WeakMap<Resource, Map<string, Plan>>();

  function planFor({ operation, resource, subresource }: AdmissionRequest): Plan {
    let known = plans.get(resource);
    if (known === undefined) {
      known = new Map();
      plans.set(resource, known);
    }
    const key = subresource === "" ? operation : `${operation} ${subresource}`;
    let plan = known.get(key);
    if (plan === undefined) {
      plan = makePlan(plugins, operation, resource, subresource);
      known.set(key, plan);
    }
    return plan;
  }

  return {
    admit: (request) => run(planFor(request).admit, 0, request),
    validate: (request) => run(planFor(request).validate, 0, request),
  };
}

function makePlan(
  plugins: readonly AdmissionPlugin[],
  operation: Operation,
  resource: Resource,
  subresource: string,
): Plan {
  const admit: Step[] = [];
  const validate: Step[] = [];
  for (const plugin of plugins) {
    if (!plugin.handles(operation, resource, subresource)) continue;
    if (plugin.admit) admit.push((request) => plugin.admit?.(request));
    if (plugin.validate) validate.push((request) => plugin.validate?.(request));
  }
  return { admit, validate };
}

function run(steps: readonly Step[], from: number, request: AdmissionRequest): void | Promise<void> {
  for (let i = from; i < steps.length; i++) {
    const pending = steps[i]?.(request);
    if (pending) return pending.then(() => run(steps, i + 1, request));
  }
}
