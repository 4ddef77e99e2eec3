import { PAYLOAD_LIMIT } from "../../config/functions.ts";
import { Failure, invalid } from "../../core/errors.ts";
import type { Json } from "../../lib/json.ts";
import { parseJson } from "../../lib/strict-json.ts";

/** The JSON of a body; `undefined` when it is empty. Throws what is wrong with it. */
export const readJson = (body: string | Uint8Array): Json | undefined => {
  if (body.length === 0) return undefined;
  const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  if (bytes > PAYLOAD_LIMIT)
    throw new Failure("REQUEST_TOO_LARGE", { message: `The body has ${bytes} bytes; ${PAYLOAD_LIMIT} are accepted.` });
  return parseJson(typeof body === "string" ? body : decoded(body));
};

const decoded = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid({ location: "body", name: "", description: "Invalid JSON: the body is not UTF-8" });
  }
};
