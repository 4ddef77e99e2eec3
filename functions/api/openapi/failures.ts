import { STATUS_CODES } from "node:http";
import { ERRORS, type ErrorName } from "../../../core/errors.ts";
import { type Answered, ref } from "./operation.ts";

/** What every endpoint may answer, beside the end of the service. */
export const ALWAYS = [
  "INVALID_PARAMETERS",
  "BAD_ENCODING",
  "NOT_ACCEPTABLE",
  "REQUEST_TOO_LARGE",
  "UNDEFINED",
  "BACKEND",
] as const satisfies ErrorName[];

export const statusOf = (failure: ErrorName): number => ERRORS[failure][0];

/** What the answer of a status is called among the document's responses: `NotFound`. */
export const failureName = (status: number): string => (STATUS_CODES[status] ?? String(status)).replace(/\W/g, "");

/** The answers of all failures, by status. */
export const failureAnswers = (challenges: readonly string[]): ReadonlyMap<number, Answered> => {
  const byStatus = Map.groupBy(Object.values(ERRORS), ([status]) => status);
  const headersOf = (status: number): readonly string[] => {
    if (status === statusOf("BACKEND")) return ["Retry-After"];
    return status === statusOf("MISSING_AUTH_TOKEN") && challenges.length > 0 ? ["WWW-Authenticate"] : [];
  };
  return new Map(
    [...byStatus].map(([status, rows]) => [
      status,
      {
        about: [...new Set(rows.map(([, , , message]) => message))].join(" Or: "),
        headers: headersOf(status),
        schema: {
          allOf: [ref("Error")],
          properties: { code: { const: status }, errno: { enum: [...new Set(rows.map(([, errno]) => errno))] } },
        },
      },
    ]),
  );
};
