/** The lines that kl means to answer in its own way, and why. The test fails when one of them no longer differs. */
export const differing: Readonly<Record<string, string>> = {
  "get pods -o nosuchformat": "kl has no Go templates and no kyaml to offer",
  "get cm settings -o go-template={{.data.greeting}}": "kl has no Go templates",
  'get cm -l tier -o "go-template={{range .items}}{{.metadata.name}}{{end}}"': "kl has no Go templates",
  "apply -f - < bad.txt": "what is wrong with a file's YAML is told in the words of another YAML library",
};
