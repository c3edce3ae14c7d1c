/** What a connection may take its time for, in ms. */
export const http1Limits = {
  headersTimeout: 20_000,
  requestTimeout: 70_000,
  /** As kube-apiserver: a client that asks every minute keeps its connection. */
  keepAliveTimeout: 90_000,
  connectionsCheckingInterval: 5000,
} as const;

/** What running requests get when the server closes. */
export const closeGrace = 2000;
