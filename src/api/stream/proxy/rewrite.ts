/** Links of a proxied answer, so that they lead through the proxy again (k8s.io/apimachinery/pkg/util/proxy). */

export interface LinkContext {
  /** "/api/v1/namespaces/default/services/web/proxy" */
  readonly prefix: string;
  /** Names that mean the target: its own address, and the one under which the client asked. */
  readonly hosts: readonly string[];
}

export function rewriteLink(link: string, { prefix, hosts }: LinkContext): string {
  const absolute = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)(.*)$/is.exec(link);
  const path = absolute ? absolute[2] || "/" : link;
  if (absolute && !hosts.includes(absolute[1] ?? "")) return link;
  if (!path.startsWith("/")) return link;
  return path === prefix || path.startsWith(`${prefix}/`) ? path : prefix + path;
}

const linkAttributes =
  "href|src|action|formaction|cite|data|poster|background|longdesc|manifest|codebase|classid|usemap|icon|profile";
const tag = /<[a-z][^>]*>/gi;
const attribute = new RegExp(`(\\s(?:${linkAttributes})\\s*=\\s*)(?:"([^"]*)"|'([^']*)')`, "gi");

export function rewriteHtml(html: string, context: LinkContext): string {
  return html.replace(tag, (text) =>
    text.replace(attribute, (whole, name: string, double?: string, single?: string) => {
      const link = double ?? single ?? "";
      const rewritten = rewriteLink(link, context);
      if (rewritten === link) return whole;
      const quote = double === undefined ? "'" : '"';
      return `${name}${quote}${rewritten}${quote}`;
    }),
  );
}
