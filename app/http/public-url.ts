/** The request's address as its sender wrote it: Lambda is told host and scheme in headers only. */
export const publicUrl = ({ url, headers }: Request): URL => {
  const shown = new URL(url);
  shown.protocol = headers.get("x-forwarded-proto") === "http" ? "http:" : "https:";
  shown.host = headers.get("host") ?? shown.host;
  return shown;
};
