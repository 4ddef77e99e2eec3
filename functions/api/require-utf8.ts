import type { HttpRequest } from "../../app/http/request.ts";
import { Failure } from "../../core/errors.ts";

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
