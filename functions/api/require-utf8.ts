import { Failure } from "../../core/errors.ts";
import type { HttpRequest } from "../http/request.ts";

/** A query's bytes must be text; a `%` that leads nothing is itself. */
export const requireUtf8 = ({ query }: HttpRequest): void => {
  for (const [part] of query.matchAll(/(?:%[\da-f]{2})+/gi)) {
    try {
      decodeURIComponent(part);
    } catch {
      throw new Failure("BAD_ENCODING");
    }
  }
};
