/** Loaded only where it is needed: TLS takes half of the time of a short command. */
export { Agent, request } from "node:https";
