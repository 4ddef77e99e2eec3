import { Failure } from "../../core/errors.ts";
import { type HttpRequest, mediaType } from "./request.ts";

/** Refuses (415) bodies of other media types. */
export const requireType = (request: HttpRequest, types: readonly string[] = ["application/json"]): void => {
  if (types.includes(mediaType(request))) return;
  const description = `Content-Type header should be one of [${types.map((name) => `'${name}'`).join(", ")}]`;
  throw new Failure("UNSUPPORTED_MEDIA_TYPE", { message: description, details: [{ location: "header", name: "Content-Type", description }] });
};

/** Refuses (406) those who take no JSON. A header that names no media type at all says nothing. */
export const requireJsonAccepted = ({ headers }: HttpRequest): void => {
  const ranges = (headers.accept ?? "")
    .toLowerCase()
    .split(",")
    .filter((range) => range.includes("/"));
  if (ranges.length === 0 || ranges.some((range) => /^\s*(application\/json|application\/\*|\*\/\*)\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/.test(range))) return;
  const description = "Accept header should be one of ['application/json']";
  throw new Failure("NOT_ACCEPTABLE", { message: description, details: [{ location: "header", name: "Accept", description }] });
};
