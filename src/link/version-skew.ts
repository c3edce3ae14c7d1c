/**
 * Which agents a server works with: those of its own and of the neighbouring minor versions of kl, so that servers and
 * nodes can be upgraded one after the other. The text is that of /version and of nodes: "v1.36.0+kl0.1.0".
 */

/** Why the server refuses an agent, in one line with the cure; undefined: they work together. */
export function refusedVersion(server: string, agent: string): string | undefined {
  const own = parse(server);
  if (own === undefined) throw new Error(`"${server}" is no version of kl`);
  const other = parse(agent);
  if (other === undefined) return `the agent says that its version is "${agent}", which is none of kl`;
  const here = `the server's ${own.text}`;
  const there = `the agent's version ${other.text}`;
  const distance =
    own.major === other.major ? other.minor - own.minor : (other.major - own.major) * Number.POSITIVE_INFINITY;
  if (distance < -1) return `${there} is too old for ${here}: install kl ${own.text} on this host`;
  if (distance > 1) return `${there} is too new for ${here}: upgrade the server first`;
  return undefined;
}

interface Version {
  readonly major: number;
  readonly minor: number;
  /** "0.1.0" */
  readonly text: string;
}

function parse(version: string): Version | undefined {
  const [, text, major, minor] = /^v\d+\.\d+\.\d+\+kl((\d{1,9})\.(\d{1,9})\.\d[0-9A-Za-z.-]*)$/.exec(version) ?? [];
  if (text === undefined) return undefined;
  return { major: Number(major), minor: Number(minor), text };
}
