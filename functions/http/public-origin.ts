import type { HttpRequest } from "./request.ts";

/** Where the store is reached from outside: as its operator says, else as the request was addressed, e.g. `https://example.org`. */
export const publicOrigin = (
  { headers }: HttpRequest,
  { httpScheme, httpHost }: { httpScheme?: string | undefined; httpHost?: string | undefined },
): string => {
  const scheme = httpScheme ?? (headers["x-forwarded-proto"] === "http" ? "http" : "https");
  return `${scheme}://${httpHost ?? headers.host ?? "localhost"}`;
};
