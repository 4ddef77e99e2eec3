import { Failure, invalid } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import { parseJson } from "../../core/parse-json.ts";
import { PAYLOAD_LIMIT } from "../topology.ts";

/** The JSON that a request brings; `undefined` when its body is empty. Throws what is wrong with it. */
export const readJson = async (request: Request): Promise<Json | undefined> => {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength === 0) return undefined;
  if (bytes.byteLength > PAYLOAD_LIMIT) throw new Failure("REQUEST_TOO_LARGE", { message: `The body has ${bytes.byteLength} bytes; ${PAYLOAD_LIMIT} are accepted.` });
  requireJsonType(request.headers.get("content-type"));
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid({ location: "body", name: "", description: "Invalid JSON: the body is not UTF-8" });
  }
  return parseJson(text);
};

const requireJsonType = (given: string | null): void => {
  const [type = ""] = (given ?? "").split(";");
  if (type.trim().toLowerCase() === "application/json") return;
  const description = "Content-Type header should be one of ['application/json']";
  throw new Failure("UNSUPPORTED_MEDIA_TYPE", { message: description, details: [{ location: "header", name: "Content-Type", description }] });
};

/** Refuses (406) those who take no JSON. */
export const requireJsonAccepted = (request: Request): void => {
  const accept = request.headers.get("accept");
  if (accept === null || accept.trim() === "") return;
  const types = accept.split(",").map((range) => range.split(";")[0]?.trim().toLowerCase());
  if (types.some((type) => type === "application/json" || type === "*/*" || type === "application/*")) return;
  const description = "Accept header should be one of ['application/json']";
  throw new Failure("NOT_ACCEPTABLE", { message: description, details: [{ location: "header", name: "Accept", description }] });
};
