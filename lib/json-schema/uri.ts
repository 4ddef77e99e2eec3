/** Schemes whose URIs are hierarchical, so that references can be relative to them. */
const HIERARCHICAL = new Set(["", "http", "https", "file", "ftp", "ws", "wss"]);

interface Parts {
  readonly scheme: string;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

/**
 * Resolves a reference against a base URI (RFC 3986, 5.2). Nothing is fetched, and text that is not a URI stays as it
 * is.
 */
export const resolveUri = (base: string, reference: string): string => {
  if (base === "") return reference;
  if (reference === "") return base;
  const from = parseUri(base);
  const to = parseUri(reference);
  if (to.scheme !== "" || !HIERARCHICAL.has(from.scheme)) return reference;
  const { scheme } = from;
  if (to.authority !== undefined) return formatUri({ ...to, scheme });
  const { authority } = from;
  if (to.path === "") return formatUri({ ...from, query: to.query ?? from.query, fragment: to.fragment });
  const path = to.path.startsWith("/")
    ? to.path
    : `${from.path.slice(0, from.path.lastIndexOf("/") + 1) || (authority === undefined ? "" : "/")}${to.path}`;
  return formatUri({ scheme, authority, path: removeDotSegments(path), query: to.query, fragment: to.fragment });
};

const parseUri = (uri: string): Parts => {
  const [, scheme = "", authority, path = "", query, fragment] =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/.exec(uri) ?? [];
  return { scheme: scheme.toLowerCase(), authority, path, query, fragment };
};

const formatUri = ({ scheme, authority, path, query, fragment }: Parts): string =>
  [
    scheme && `${scheme}:`,
    authority === undefined ? "" : `//${authority}`,
    path,
    query === undefined ? "" : `?${query}`,
    fragment === undefined ? "" : `#${fragment}`,
  ].join("");

const removeDotSegments = (path: string): string => {
  const kept: string[] = [];
  const segments = path.split("/");
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "..") {
      if (kept.length > 1 || (kept.length === 1 && kept[0] !== "")) kept.pop();
    } else if (segment !== ".") kept.push(segment);
    if (isLast && (segment === "." || segment === "..")) kept.push("");
  }
  return kept.join("/");
};
