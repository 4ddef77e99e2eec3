import type { Resource } from "../../../core/resources.ts";
import { withArticle } from "../../../lib/util/with-article.ts";
import { type Operation, type OperationResponse, ref } from "../../http/operation.ts";
import { PRECONDITIONS, RESOURCE_ERRORS, TIMESTAMP_HEADERS, tagOf, titleOf, UNCHANGED } from "./objects.ts";

const SELECTION = ["_limit", "_token", "_since", "_before", "_to", "_sort", "id", "last_modified", "filters"] as const;
const TOTALS = ["Total-Objects", "Total-Records"] as const;

/** The operation of a method of a list. */
export const listOperation = (method: string, resource: Resource): Operation => {
  const title = titleOf(resource);
  const { name, plural } = resource;
  const common = { tag: tagOf(resource), parameters: [...PRECONDITIONS, ...SELECTION], fails: RESOURCE_ERRORS };
  const success = (about: string): OperationResponse => ({
    about,
    headers: TIMESTAMP_HEADERS,
    schema: ref(`${title}Answer`),
  });
  const headers = [...TIMESTAMP_HEADERS, "Cache-Control", "Alert"];
  switch (method) {
    case "POST":
      return {
        ...common,
        id: `create_${name}`,
        about: `Creates ${withArticle(name)}, unless its id exists.`,
        parameters: PRECONDITIONS,
        body: { "application/json": ref(`${title}Draft`) },
        responses: { 200: success("It exists and is unchanged."), 201: success("It is created.") },
        fails: [...RESOURCE_ERRORS, "UNSUPPORTED_MEDIA_TYPE"],
      };
    case "DELETE":
      return {
        ...common,
        id: `delete_${idOf(resource)}`,
        about: `Deletes ${plural}: all, or those that match.`,
        responses: {
          200: {
            about: "They are deleted.",
            headers: [...TIMESTAMP_HEADERS, "Next-Page"],
            schema: ref("TombstoneList"),
          },
        },
      };
    case "HEAD":
      return {
        ...common,
        id: `head_${idOf(resource)}`,
        about: `Counts ${plural}.`,
        parameters: [...common.parameters, "_at"],
        responses: { 200: { about: "The count.", headers: [...headers, ...TOTALS] }, 304: UNCHANGED },
      };
    default:
      return {
        ...common,
        id: `get_${idOf(resource)}`,
        about: `Lists ${plural}.`,
        parameters: [...common.parameters, "_fields", "_at"],
        responses: {
          200: { about: "A page of the list.", headers: [...headers, "Next-Page"], schema: ref(`${title}List`) },
          304: UNCHANGED,
        },
      };
  }
};

/** The list's name in operation ids. Two plugins' resources may have the same plural, so theirs are not used. */
const idOf = ({ name, plural, plugin: added }: Resource): string => (added === undefined ? plural : `${name}List`);

/** The operation of a method of `/permissions`. */
export const permissionsOperation = (method: string): Operation => {
  const headers = [...TIMESTAMP_HEADERS, "Cache-Control"];
  return {
    // Kinto's own spelling.
    id: `${method === "HEAD" ? "head" : "get"}_permissionss`,
    tag: "Permissions",
    about: method === "HEAD" ? "Counts the objects that the user has permissions on." : "Lists the user's permissions.",
    parameters: [...SELECTION, "_fields"],
    responses: {
      200:
        method === "HEAD"
          ? { about: "The count.", headers: [...headers, ...TOTALS] }
          : { about: "A page of the list.", headers: [...headers, "Next-Page"], schema: ref("GrantedList") },
    },
    fails: ["MISSING_AUTH_TOKEN", "FORBIDDEN"],
  };
};
