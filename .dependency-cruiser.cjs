/**
 * The rooms of docs/architecture.md and who may import whom. Each room lists what it may know;
 * everything else of ours is refused. The rule exists so that a reader can trust the picture.
 */
const rooms = {
  "src/store": [],
  "src/machinery": [],
  proto: ["src/machinery"],
  "src/api": ["src/store", "src/machinery", "proto"],
  "src/sched": ["src/api/client", "src/machinery"],
  "src/ctrl": ["src/api/client", "src/machinery"],
  "src/link": ["src/api/client", "src/machinery", "proto"],
  "src/agent": ["src/machinery", "proto"],
  "src/cli": ["src/machinery"],
};

/** The two doors out of the CLI room: commands that start a daemon load it lazily, and only there. */
const lazyDoors = "^src/cli/commands/(server|agent)\\.ts$";

const forbidden = Object.entries(rooms).map(([room, mayImport]) => ({
  name: `room:${room}`,
  comment: `${room} may import only itself${mayImport.length ? ` and ${mayImport.join(", ")}` : ""}`,
  severity: "error",
  from: { path: `^${room}/`, ...(room === "src/cli" ? { pathNot: lazyDoors } : {}) },
  to: { path: "^(src|proto|test|bench|scripts)/", pathNot: [room, ...mayImport].map((path) => `^${path}/`) },
}));

module.exports = {
  forbidden: [
    ...forbidden,
    {
      name: "client-is-a-leaf-of-api",
      comment: "api/client/types.ts is what the other rooms see; it must not drag the server in",
      severity: "error",
      from: { path: "^src/api/client/(types|informer|lister|index)\\.ts$" },
      to: { path: "^src/(api/(?!client/)|store/)" },
    },
    {
      name: "cli-doors-are-lazy",
      comment: "`kl get` must not pay for the server: the daemons are loaded by import()",
      severity: "error",
      from: { path: lazyDoors },
      to: { path: "^src/(server|agent)/", dependencyTypesNot: ["dynamic-import", "type-only"] },
    },
    {
      name: "no-circles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-dumping-grounds",
      severity: "error",
      from: {},
      to: { path: "(^|/)(utils?|helpers?|common|misc|shared)(/|\\.ts$)", pathNot: "node_modules" },
    },
    {
      name: "not-to-dev-dep",
      severity: "error",
      from: { path: "^(src|proto)/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
