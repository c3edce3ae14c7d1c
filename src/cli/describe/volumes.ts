/** Volumes, as they stand in pods and in pod templates. */
import type { DownwardAPIVolumeFile, Volume } from "../../machinery/types/core/v1.ts";
import type { Sheet } from "./sheet.ts";

const kinds: Readonly<Record<string, string>> = {
  emptyDir: "EmptyDir (a temporary directory that shares a pod's lifetime)",
  hostPath: "HostPath (bare host directory volume)",
  configMap: "ConfigMap (a volume populated by a ConfigMap)",
  secret: "Secret (a volume populated by a Secret)",
  downwardAPI: "DownwardAPI (a volume populated by information about the pod)",
  projected: "Projected (a volume that contains injected data from multiple sources)",
  persistentVolumeClaim: "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
};

export function describeVolumes(sheet: Sheet, volumes: readonly Volume[] | undefined): void {
  if (!volumes || volumes.length === 0) {
    sheet.line("Volumes:", "<none>");
    return;
  }
  sheet.section("Volumes", () => {
    for (const volume of volumes) {
      sheet.entry(volume.name, () => {
        const kind = Object.keys(volume).find((key) => key !== "name") ?? "";
        sheet.line("Type:", kinds[kind] ?? kind);
        describeSource(sheet, volume);
      });
    }
  });
}

function describeSource(sheet: Sheet, volume: Volume): void {
  const { emptyDir, hostPath, configMap, secret, persistentVolumeClaim, projected, downwardAPI } = volume;
  if (emptyDir) {
    sheet.line("Medium:", emptyDir.medium ?? "");
    sheet.line("SizeLimit:", emptyDir.sizeLimit ?? "<unset>");
  }
  if (hostPath) {
    sheet.line("Path:", hostPath.path);
    sheet.line("HostPathType:", hostPath.type ?? "");
  }
  if (configMap) named(sheet, "Name:", configMap);
  if (secret) named(sheet, "SecretName:", { name: secret.secretName, optional: secret.optional });
  if (persistentVolumeClaim) {
    sheet.line("ClaimName:", persistentVolumeClaim.claimName);
    sheet.line("ReadOnly:", String(persistentVolumeClaim.readOnly ?? false));
  }
  if (downwardAPI) describeItems(sheet, downwardAPI.items ?? []);
  for (const source of projected?.sources ?? []) {
    if (source.secret) named(sheet, "SecretName:", source.secret);
    else if (source.downwardAPI) sheet.line("DownwardAPI:", "true");
    else if (source.configMap) named(sheet, "ConfigMapName:", source.configMap);
    else if (source.serviceAccountToken) {
      sheet.line("TokenExpirationSeconds:", String(source.serviceAccountToken.expirationSeconds ?? 3600));
    }
  }
}

function named(
  sheet: Sheet,
  title: string,
  source: { name?: string | undefined; optional?: boolean | undefined },
): void {
  sheet.line(title, source.name ?? "");
  sheet.line("Optional:", String(source.optional ?? false));
}

function describeItems(sheet: Sheet, items: readonly DownwardAPIVolumeFile[]): void {
  sheet.section("Items", () => {
    for (const { fieldRef, resourceFieldRef, path } of items) {
      if (fieldRef) sheet.line(`${fieldRef.fieldPath} -> ${path}`);
      if (resourceFieldRef) sheet.line(`${resourceFieldRef.resource} -> ${path}`);
    }
  });
}
