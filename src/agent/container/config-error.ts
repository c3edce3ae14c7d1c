/** A container cannot be configured from its spec (yet): the status shows CreateContainerConfigError with this message. */
export class ContainerConfigError extends Error {
  override name = "ContainerConfigError";
}
