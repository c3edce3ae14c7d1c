/** What the tour's commands read. The key signs nothing anywhere. */
export const files: Readonly<Record<string, string>> = {
  "map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {a: b}\n",
  "map-2.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {a: c}\n",
  "map-3.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {a: d}\n",
  "kus/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {a: b}\n",
  "kus/kustomization.yaml":
    "resources: [map.yaml]\nnamePrefix: k-\nlabels: [{pairs: {app: kus}}]\nconfigMapGenerator: [{name: gen, literals: [a=b]}]\n",
  "kus-2/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {a: b}\n",
  "kus-2/kustomization.yaml": "resources: [map.yaml]\nnamePrefix: k-\nlabels: [{pairs: {app: kus}}]\n",
  "drain.yaml": `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere}
spec:
  selector: {matchLabels: {tier: drained, app: everywhere}}
  template:
    metadata: {labels: {tier: drained, app: everywhere}}
    spec: {containers: [{name: c, image: busybox}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: guarded}
spec:
  selector: {matchLabels: {tier: drained, app: guarded}}
  template:
    metadata: {labels: {tier: drained, app: guarded}}
    spec: {nodeName: sim-2, containers: [{name: c, image: busybox}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: guarded}
spec: {minAvailable: 1, selector: {matchLabels: {app: guarded}}}
`,
  "role.yaml":
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: recon, namespace: {ns}}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]\n',
  "csr.yaml":
    "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: jane-{ns}}\nspec:\n  signerName: kubernetes.io/kube-apiserver-client\n  usages: [client auth]\n  request: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWk1JR0FBZ0VBTUI0eERUQUxCZ05WQkFvTUJIUmxZVzB4RFRBTEJnTlZCQU1NQkdwaGJtVXdXVEFUQmdjcQpoa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVNiN0VnMklPRGVmOWgxMUVsTmpzWWtpKzFnSFRHR1p3dmFObFhDCjh2QnFzWnUxQ0tYMW00QzZtUjBUMHE4emhsRmtXTzBEVFNSWWFmeGhYSDcycmVTbG9BQXdDZ1lJS29aSXpqMEUKQXdJRFNBQXdSUUlnV3I4ZXBJTGRndGhPR0lxVlk1NWhRS2NuemQ2YjJjY0NUQ0xzSnNHa3Y3Z0NJUUNrcHY5ZQoxZGlvN1BOclZpaUVmalcreTZCRFJETlVSTWlpUmFadlVxYjZmdz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=\n",
  "typo.yaml":
    "apiVersion: v1\nkind: Pod\nmetadata: {name: typo}\nspec: {containers: [{name: a, image: b, imagee: c}]}\n",
  "bad.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: Bad_Name}\nspec: {containers: []}\n",
  "tls.crt":
    "-----BEGIN CERTIFICATE-----\nMIIBcDCCARWgAwIBAgIUDjL2Fc3fYYFFIRTZwiVZEXMEYUcwCgYIKoZIzj0EAwIw\nDDEKMAgGA1UEAwwBeDAgFw0yNjExMjExMjA1MTZaGA8yMTI2MTAyODEyMDUxNlow\nDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAwJf6SNJUZK\nNBahibnREOgbNfBWgUKynQXWPIOnjR5+Zm4Qyt67OpC2G2YgC2Fdkh/e3+NxoewE\nMjwAxUk4nR6jUzBRMB0GA1UdDgQWBBT4bAJltt+0ELKovBu2FuTpMj5kyDAfBgNV\nHSMEGDAWgBT4bAJltt+0ELKovBu2FuTpMj5kyDAPBgNVHRMBAf8EBTADAQH/MAoG\nCCqGSM49BAMCA0kAMEYCIQC4N/vjnfXwsBFvIofLVIkNlYnqkMwXKbYW80AXfOEy\nnQIhANMeGLmhCx8iPS8RreVJwyXd69GARjnkJvjXWSqsAL40\n-----END CERTIFICATE-----\n",
  "tls.key":
    "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgurfHSq7u64/v5uhJ\nxiXB98gN+Ny/yblGosWPZ4Yjzq+hRANCAAQMCX+kjSVGSjQWoYm50RDoGzXwVoFC\nsp0F1jyDp40efmZuEMreuzqQthtmIAthXZIf3t/jcaHsBDI8AMVJOJ0e\n-----END PRIVATE KEY-----\n",
};
