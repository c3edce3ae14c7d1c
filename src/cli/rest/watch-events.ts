import type { IncomingMessage } from "node:http";

export interface RawWatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

/** The events of a watch: one JSON document a line. */
export async function* eventsOf(response: IncomingMessage): AsyncGenerator<RawWatchEvent> {
  response.setEncoding("utf8");
  let rest = "";
  for await (const chunk of response) {
    rest += chunk as string;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line.trim() !== "") yield JSON.parse(line) as RawWatchEvent;
    }
  }
}
