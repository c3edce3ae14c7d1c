/** Watch events as protobuf: `application/vnd.kubernetes.protobuf;stream=watch`, one frame for each. */
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { encodeWatchEvent } from "../../machinery/protobuf/envelope.ts";
import type { Resource } from "../registry/resource.ts";
import { bookmarkObject, type WatchFormat } from "./format.ts";

/** Frames of something made of each object. */
export function transformedFrames(
  id: string,
  transform: (resource: Resource, object: UnstructuredObject) => object,
): WatchFormat<Buffer> {
  return {
    id,
    encode: (resource, changes) =>
      Buffer.concat(
        changes.map(({ type, value }) => encodeWatchEvent(type, transform(resource, resource.wholeOf(value)))),
      ),
    bookmark: (resource, revision, end) =>
      encodeWatchEvent("BOOKMARK", transform(resource, bookmarkObject(resource, revision, end))),
    error: (error) => encodeWatchEvent("ERROR", error.status),
  };
}

export const protobufFrames: WatchFormat<Buffer> = transformedFrames("protobuf", (_resource, object) => object);
