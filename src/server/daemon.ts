/**
 * The door of this room for the commands that run a daemon; behind it everything is loaded when it is asked for. The bundle
 * of the daemons (scripts/build.ts) is made from here, as one file.
 */
export const serverSettings = () => import("./config.ts");
export const server = () => import("./run.ts");
export const agentSettings = () => import("./agent-config.ts");
export const agent = () => import("./agent-run.ts");
export const agentReset = () => import("./agent-reset.ts");
