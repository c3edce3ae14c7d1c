import { describe, expect, test } from "vitest";
import { disabledPlugins } from "../../src/server/admission-flags.ts";
import { readServerConfig } from "../../src/server/config.ts";
import { ConfigError } from "../../src/server/setting.ts";

const docs = "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/";

async function disabled(flags: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { api } = await readServerConfig(flags, {});
  return disabledPlugins(api);
}

describe(`--enable-admission-plugins and --disable-admission-plugins (see ${docs})`, () => {
  test("nothing is said: all are on", async () => {
    expect(await disabled({})).toEqual([]);
  });

  test("those that are named are off", async () => {
    const flags = { enableAdmissionPlugins: "NodeRestriction", disableAdmissionPlugins: "PodSecurity, ResourceQuota" };
    expect(await disabled(flags)).toEqual(["PodSecurity", "ResourceQuota"]);
  });

  test.each(["enable", "disable"])("a name that %s does not know is told, with those that it does", async (verb) => {
    const wrong = disabled({ [`${verb}AdmissionPlugins`]: "LimitRanger,AlwaysPullImages" });
    await expect(wrong).rejects.toThrow(ConfigError);
    await expect(wrong).rejects.toThrow(
      `--${verb}-admission-plugins: plugin "AlwaysPullImages" is unknown; known are NamespaceLifecycle, LimitRanger, ServiceAccount,`,
    );
  });

  test("one cannot be both", async () => {
    const both = disabled({ enableAdmissionPlugins: "Priority", disableAdmissionPlugins: "Priority" });
    await expect(both).rejects.toThrow("Priority in --enable-admission-plugins and --disable-admission-plugins");
  });
});
