/** The Kubernetes whose behaviour is served, and kl's own version behind the plus sign, as `/version` and nodes say it. */
export const kubernetesVersion = { major: "1", minor: "36", patch: "0" } as const;

export const klVersion = `v${kubernetesVersion.major}.${kubernetesVersion.minor}.${kubernetesVersion.patch}+kl0.1.0`;
