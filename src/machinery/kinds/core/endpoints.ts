import type { Endpoints } from "../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";

export const endpointsStrategy = strategyFor<Endpoints>({
  allowCreateOnUpdate: true,
  defaultObject(endpoints) {
    for (const subset of endpoints.subsets ?? []) {
      for (const port of subset.ports ?? []) port.protocol ||= "TCP";
    }
  },
});

/** More than this many addresses are counted, not named. */
const shown = 3;

export const endpointsTable = table<Endpoints>(
  [
    nameColumn,
    column(
      "Endpoints",
      "string",
      "The set of all endpoints is the union of all subsets. Addresses are placed into subsets according to the IPs they share. A single address with multiple ports, some of which are ready and some of which are not (because they come from different containers) will result in the address being displayed in different subsets for the different ports. No address will appear in both Addresses and NotReadyAddresses in the same subset. Sets of addresses and ports that comprise a service.",
    ),
    ageColumn,
  ],
  (endpoints, now) => [endpoints.metadata.name, formatEndpoints(endpoints), age(endpoints, now)],
);

function formatEndpoints(endpoints: Endpoints): string {
  if (!endpoints.subsets?.length) return "<none>";
  const list: string[] = [];
  let count = 0;
  for (const subset of endpoints.subsets) {
    if (!subset.ports?.length) {
      for (const address of subset.addresses ?? []) if (count++ < shown) list.push(address.ip);
    } else {
      for (const port of subset.ports) {
        for (const address of subset.addresses ?? []) {
          if (count++ < shown) list.push(joinHostPort(address.ip, port.port));
        }
      }
    }
  }
  const text = list.join(",");
  return count > shown ? `${text} + ${count - shown} more...` : text;
}

function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
