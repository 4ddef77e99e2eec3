import { Failure } from "../../core/errors.ts";
import type { Endpoint } from "./call.ts";

export const methodNotAllowed = (endpoint: Endpoint): Failure =>
  new Failure("METHOD_NOT_ALLOWED", { headers: { Allow: [...Object.keys(endpoint), "OPTIONS"].join(", ") } });
