/** Takes out of a client's output what no two runs have in common: names of their own, ages, ids, places. */
export function normal(text: string): string {
  return (
    text
      .replace(/\bkubectl(-v35)? (?=[a-z])/g, "kl ")
      .replace(/"kubectl"/g, '"kl"')
      .replace(/\bparity-[ab]\b/g, "NAMESPACE")
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "UID")
      .replace(/\b[0-9a-f]{64}\b/g, "SHA256")
      .replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z/g, "TIME")
      .replace(/[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}/g, "TIME")
      .replace(/("?resourceVersion"?: ?)"\d+"/g, '$1"N"')
      .replace(/\b10\.\d+\.\d+\.\d+\b/g, "ADDRESS")
      .replace(/\b100\.64\.\d+\.\d+\b/g, "ADDRESS")
      .replace(/-([0-9a-f]{6,10})-[a-z0-9]{5}\b/g, "-$1-RANDOM")
      .replace(/\bkube-api-access-[a-z0-9]{5}\b/g, "kube-api-access-RANDOM")
      .replace(/\bsim-\d\b/g, "sim-N")
      .replace(/\b(\d+[dhms])+\b/g, "AGE")
      // Columns are as wide as what was just replaced.
      .replace(/(?<=\S) {2,}/g, "  ")
      .replace(/(ADDRESS|AGE|sim-N|RANDOM|UID) +$/gm, "$1")
  );
}
