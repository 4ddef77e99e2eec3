import { Failure } from "../../core/errors.ts";
import { JSON_TYPE } from "./answer.ts";
import { negotiate } from "./negotiate.ts";
import { type HttpRequest, mediaType } from "./request.ts";

/** Refuses (415) bodies of other media types. */
export const requireType = (request: HttpRequest, types: readonly string[] = [JSON_TYPE]): void => {
  if (types.includes(mediaType(request))) return;
  throw new Failure("UNSUPPORTED_MEDIA_TYPE", told("Content-Type", types));
};

/** Refuses (406) those who take none of the types there are: JSON, where nothing else is written. */
export const requireAccepted = ({ headers }: HttpRequest, types: readonly string[] = [JSON_TYPE]): void => {
  if (negotiate(headers.accept, types) === undefined) throw new Failure("NOT_ACCEPTABLE", told("Accept", types));
};

const told = (name: string, types: readonly string[]) => {
  const description = `${name} header should be one of [${types.map((type) => `'${type}'`).join(", ")}]`;
  return { message: description, details: [{ location: "header" as const, name, description }] };
};
