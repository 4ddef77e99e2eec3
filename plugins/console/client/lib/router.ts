import { computed, signal } from "@preact/signals";

/** Where the user is: the hash of the address, such as `#/data/blog/posts?sort=title`. */
export interface Place {
  /** Decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** Reads a hash. */
const parsePlace = (hash: string): Place => {
  const [path = "", ...query] = hash.replace(/^#?\/?/, "").split("?");
  return {
    parts: path.split("/").flatMap((part) => (part === "" ? [] : [decode(part)])),
    query: new URLSearchParams(query.join("?")),
  };
};

/** Returns the link to a place: `#/data/blog/posts?sort=title`. Parameters that are undefined or "" are left out. */
export const href = (parts: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string => {
  const given = Object.entries(query).filter((entry): entry is [string, string] => (entry[1] ?? "") !== "");
  const search = new URLSearchParams(given).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${search === "" ? "" : `?${search}`}`;
};

const hash = signal(location.hash);
let hasEdits = false;

/** Whether leaving the place would lose what the user has written. The user is asked then. */
export const setEdited = (isEdited: boolean): void => {
  hasEdits = isEdited;
};

addEventListener("hashchange", () => {
  if (location.hash === hash.value) return;
  if (hasEdits && !confirm("Leave without saving your edits?")) {
    history.pushState(null, "", hash.value);
    return;
  }
  hasEdits = false;
  hash.value = location.hash;
});
addEventListener("beforeunload", (event) => {
  if (hasEdits) event.preventDefault();
});

/** Changes with the address. */
export const place = computed(() => parsePlace(hash.value));

/** Goes to a place. @param replace whether the browser's back button skips the present one */
export const navigate = (to: string, { replace = false } = {}): void => {
  if (!replace) {
    location.hash = to;
    return;
  }
  history.replaceState(null, "", to);
  hash.value = to;
};
