/** The flags that every command takes: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_options/ */
import type { FlagTable } from "./types.ts";

export const globalFlags = {
  kubeconfig: { type: "string", usage: "path to the kubeconfig file" },
  context: { type: "string", usage: "context of the kubeconfig to use" },
  cluster: { type: "string", usage: "cluster of the kubeconfig to use" },
  user: { type: "string", usage: "user of the kubeconfig to use" },
  server: { type: "string", short: "s", usage: "address and port of the API server" },
  namespace: { type: "string", short: "n", usage: "namespace of the request" },
  token: { type: "string", usage: "bearer token for the API server" },
  "certificate-authority": { type: "string", usage: "file with the authority to check the server's certificate with" },
  "client-certificate": { type: "string", usage: "file with a client certificate" },
  "client-key": { type: "string", usage: "file with the key of the client certificate" },
  "tls-server-name": { type: "string", usage: "name to check the server's certificate for" },
  "insecure-skip-tls-verify": { type: "bool", usage: "do not check the server's certificate" },
  "request-timeout": { type: "string", usage: "give up on a request after this time; 0 is never", default: "0" },
  as: { type: "string", usage: "user to impersonate" },
  "as-group": { type: "strings", usage: "group to impersonate; may be given several times" },
  "warnings-as-errors": { type: "bool", usage: "treat warnings of the server as errors and end with exit code 1" },
  help: { type: "bool", short: "h", usage: "help for the command" },
  v: { type: "int", short: "v", usage: "accepted, for scripts written for kubectl", default: 0, hidden: true },
  "cache-dir": { type: "string", usage: "accepted, for scripts written for kubectl", hidden: true },
  "match-server-version": { type: "bool", usage: "accepted, for scripts written for kubectl", hidden: true },
} satisfies FlagTable;
