/** Schemes whose URIs are hierarchical, so that others can be relative to them. */
const HIERARCHICAL = new Set(["", "http", "https", "file", "ftp", "ws", "wss"]);

interface Parts {
  readonly scheme: string;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

/** A reference resolved against a base (RFC 3986, 5.2). Text only: nothing is fetched, and what is no URI stays as it is. */
export const joinUri = (base: string, reference: string): string => {
  if (base === "") return reference;
  if (reference === "") return base;
  const from = parse(base);
  const to = parse(reference);
  if (to.scheme !== "" || !HIERARCHICAL.has(from.scheme)) return reference;
  const { scheme } = from;
  if (to.authority !== undefined) return text({ ...to, scheme });
  const { authority } = from;
  if (to.path === "") return text({ ...from, query: to.query ?? from.query, fragment: to.fragment });
  const path = to.path.startsWith("/")
    ? to.path
    : `${from.path.slice(0, from.path.lastIndexOf("/") + 1) || (authority === undefined ? "" : "/")}${to.path}`;
  return text({ scheme, authority, path: withoutDots(path), query: to.query, fragment: to.fragment });
};

const parse = (uri: string): Parts => {
  const [, scheme = "", authority, path = "", query, fragment] =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/.exec(uri) ?? [];
  return { scheme: scheme.toLowerCase(), authority, path, query, fragment };
};

const text = ({ scheme, authority, path, query, fragment }: Parts): string =>
  [
    scheme && `${scheme}:`,
    authority === undefined ? "" : `//${authority}`,
    path,
    query === undefined ? "" : `?${query}`,
    fragment === undefined ? "" : `#${fragment}`,
  ].join("");

const withoutDots = (path: string): string => {
  const kept: string[] = [];
  const segments = path.split("/");
  for (const [place, segment] of segments.entries()) {
    const isLast = place === segments.length - 1;
    if (segment === "..") {
      if (kept.length > 1 || (kept.length === 1 && kept[0] !== "")) kept.pop();
    } else if (segment !== ".") kept.push(segment);
    if (isLast && (segment === "." || segment === "..")) kept.push("");
  }
  return kept.join("/");
};
