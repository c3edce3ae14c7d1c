import type { IngressClass } from "../../types/networking/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";

export const ingressClassTable = table<IngressClass>(
  [
    nameColumn,
    column("Controller", "string", "Controller that is responsible for handling this class"),
    column("Parameters", "string", "A reference to a resource with additional parameters"),
    ageColumn,
  ],
  (ingressClass, now) => {
    const parameters = ingressClass.spec?.parameters;
    const kind = parameters ? parameters.kind + (parameters.apiGroup ? `.${parameters.apiGroup}` : "") : "";
    return [
      ingressClass.metadata.name,
      ingressClass.spec?.controller ?? "",
      parameters ? `${kind}/${parameters.name}` : "<none>",
      age(ingressClass, now),
    ];
  },
);
