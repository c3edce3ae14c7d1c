import manifest from "../../package.json" with { type: "json" };

export const klVersion: string = manifest.version;

/** What /version says: the Kubernetes whose API this is, and that it is kl's. */
export function versionInfo(klVersion: string): object {
  return {
    major: "1",
    minor: "36",
    emulationMajor: "1",
    emulationMinor: "36",
    minCompatibilityMajor: "1",
    minCompatibilityMinor: "35",
    gitVersion: `v1.36.0+kl${klVersion}`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "2026-01-01T00:00:00Z",
    goVersion: "go1.26.0",
    compiler: "gc",
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  };
}
