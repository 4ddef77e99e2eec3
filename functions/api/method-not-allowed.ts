import { Failure } from "../../core/errors.ts";

export const methodNotAllowed = (methods: readonly string[]): Failure =>
  new Failure("METHOD_NOT_ALLOWED", { headers: { Allow: [...methods, "OPTIONS"].join(", ") } });
