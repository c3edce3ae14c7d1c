import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseSimpleYaml } from "../../src/cli/kubeconfig/simple-yaml.ts";

const asKlWrites = `apiVersion: v1
kind: Config
clusters:
- name: kl
  cluster:
    server: https://127.0.0.1:6443
    certificate-authority-data: LS0tLS1CRUdJTg==
contexts:
- name: kl
  context:
    cluster: kl
    user: kl
users:
- name: kl
  user:
    client-certificate-data: LS0t
    client-key-data: LS0t
current-context: kl
`;
const asKubectlWrites = `apiVersion: v1
clusters:
- cluster:
    insecure-skip-tls-verify: true
    server: https://[::1]:6443
  name: "a b"
- cluster:
    server: http://localhost:8080
  name: other
contexts: []
current-context: ""
kind: Config
preferences: {}
users:
  - name: u
    user:
      token: abc.def-ghi_jkl
`;

describe("kubeconfigs of the simple form", () => {
  it.each([asKlWrites, asKubectlWrites.replace("[::1]", "localhost")])("read as YAML does: %s", (text) => {
    expect(parseSimpleYaml(text)).toEqual(parse(text));
  });

  it.each([
    ["a flow map", "a: {b: c}"],
    ["a block scalar", "a: |\n  b\n"],
    ["an anchor", "a: &x b\n"],
    ["a number", "a: 12\n"],
    ["null", "a: null\n"],
    ["nothing", "a:\nb: c\n"],
    ["a list of scalars", "a:\n- b\n"],
    ["a comment behind", "a: b # c\n"],
    ["a colon and space", "a: b: c\n"],
    ["an escape", 'a: "b\\n"\n'],
    ["the same key twice", "a: b\na: c\n"],
    ["a deeper line out of place", "a: b\n  c: d\n"],
    ["tabs", "a:\n\tb: c\n"],
    ["brackets", asKubectlWrites],
    ["JSON", '{"a": "b"}'],
  ])("leave %s to the real parser", (_, text) => expect(parseSimpleYaml(text)).toBeUndefined());
});
