import { Failure, invalid } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import { parseJson } from "../../core/parse-json.ts";
import { PAYLOAD_LIMIT } from "../topology.ts";

/** The JSON that a request brings; `undefined` when its body is empty. Throws what is wrong with it. */
export const readJson = async (request: Request): Promise<Json | undefined> => {
  requireJsonType(request.headers.get("content-type"));
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength === 0) return undefined;
  if (bytes.byteLength > PAYLOAD_LIMIT)
    throw new Failure("REQUEST_TOO_LARGE", { message: `The body has ${bytes.byteLength} bytes; ${PAYLOAD_LIMIT} are accepted.` });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid({ location: "body", name: "", description: "Invalid JSON: the body is not UTF-8" });
  }
  return parseJson(text);
};

/** A body of no stated type is taken for JSON. */
const requireJsonType = (given: string | null): void => {
  const [type = ""] = (given ?? "").split(";");
  if (["", "application/json"].includes(type.trim().toLowerCase())) return;
  const description = "Content-Type header should be one of ['application/json']";
  throw new Failure("UNSUPPORTED_MEDIA_TYPE", { message: description, details: [{ location: "header", name: "Content-Type", description }] });
};

/** Refuses (406) those who take no JSON. A header that names no media type at all says nothing. */
export const requireJsonAccepted = (request: Request): void => {
  const ranges = (request.headers.get("accept") ?? "")
    .toLowerCase()
    .split(",")
    .filter((range) => range.includes("/"));
  if (ranges.length === 0 || ranges.some((range) => /^\s*(application\/json|application\/\*|\*\/\*)\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/.test(range))) return;
  const description = "Accept header should be one of ['application/json']";
  throw new Failure("NOT_ACCEPTABLE", { message: description, details: [{ location: "header", name: "Accept", description }] });
};
