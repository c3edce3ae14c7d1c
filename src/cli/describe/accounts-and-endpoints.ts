import type { Endpoints, ServiceAccount } from "../../machinery/types/core/v1.ts";
import { describeHead } from "./simple.ts";
import type { Describer } from "./types.ts";

export const describeServiceAccount: Describer<ServiceAccount> = (sheet, account) => {
  describeHead(sheet, account);
  sheet.list(
    "Image pull secrets",
    (account.imagePullSecrets ?? []).map(({ name }) => name ?? ""),
  );
};

export const describeEndpoints: Describer<Endpoints> = (sheet, endpoints) => {
  describeHead(sheet, endpoints);
  sheet.section("Subsets", () => {
    for (const { addresses = [], notReadyAddresses = [], ports = [] } of endpoints.subsets ?? []) {
      sheet.line("Addresses:", addresses.map(({ ip }) => ip).join(",") || "<none>");
      sheet.line("NotReadyAddresses:", notReadyAddresses.map(({ ip }) => ip).join(",") || "<none>");
      if (ports.length > 0) {
        sheet.section("Ports", () => {
          sheet.line("Name", "Port", "Protocol");
          sheet.line("----", "----", "--------");
          for (const { name, port, protocol } of ports) sheet.line(name || "<unset>", String(port), protocol ?? "TCP");
        });
      }
      sheet.line("");
    }
  });
};
