import type { PodTemplateSpec } from "../../machinery/types/core/v1.ts";
import { describeTemplate } from "../describe/pod-template.ts";
import { Sheet } from "../describe/sheet.ts";

/** A pod template as `rollout history --revision` shows it: the page of `describe`, its columns not aligned. */
export function templateText(template: PodTemplateSpec): string {
  const sheet = new Sheet();
  describeTemplate(sheet, template);
  return sheet.unaligned();
}
