import type { PodTemplate } from "../../types/core/v1.ts";
import { column, containerImages, containerNames, nameColumn, table } from "../columns.ts";
import { formatLabels } from "../labels-format.ts";
import { strategyFor } from "../strategy-for.ts";
import type { Errors } from "../validation/checks.ts";
import { defaultPodTemplate } from "./pod/defaults.ts";
import { checkPodTemplate } from "./pod/validation/pod.ts";
import { podTemplateWarnings } from "./pod/warnings.ts";

export const podTemplateStrategy = strategyFor<PodTemplate>({
  hasGeneration: true,
  defaultObject(podTemplate) {
    defaultPodTemplate(podTemplate.template);
  },
  validate({ template }) {
    const errors: Errors = [];
    checkPodTemplate(errors, "template", template);
    return errors;
  },
  warnings: (podTemplate) => podTemplateWarnings("template", podTemplate.template),
});

export const podTemplateTable = table<PodTemplate>(
  [
    nameColumn,
    column("Containers", "string", "Names of each container in the template."),
    column("Images", "string", "Images referenced by each container in the template."),
    column("Pod Labels", "string", "The labels for the pod template."),
  ],
  ({ metadata, template }) => [
    metadata.name,
    containerNames(template?.spec?.containers),
    containerImages(template?.spec?.containers),
    formatLabels(template?.metadata?.labels),
  ],
);
