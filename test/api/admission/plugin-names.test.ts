import { expect, test } from "vitest";
import { admissionPluginNames } from "../../../src/api/admission/plugin-names.ts";
import { admissionPlugins } from "../../../src/api/admission/plugins.ts";
import { systemClock } from "../../../src/machinery/clock.ts";
import { openMemoryStore } from "../../../src/store/sqlite/open.ts";

test("the known names are those of the plugins that run, in their order", async () => {
  const store = await openMemoryStore();
  const client = (): never => {
    throw new Error("nobody asks yet");
  };
  const authorizer = { authorize: () => ({ allowed: true }) };
  try {
    const parts = { store, clock: systemClock, authorizer, client };
    const names = (disabled: readonly string[]) => admissionPlugins({ ...parts, disabled }).map(({ name }) => name);
    expect(names([])).toEqual(admissionPluginNames);
    expect(names(["PodSecurity"])).toEqual(admissionPluginNames.filter((name) => name !== "PodSecurity"));
  } finally {
    await store.close();
  }
});
