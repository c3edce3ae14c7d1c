/** The name in the TLS handshake by which the API's port knows an agent's connection; in the server's certificate, too. */
export const agentServerName = "agents.kl.internal";
