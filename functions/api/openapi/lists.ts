import { RESOURCES, type ResourceName } from "../../../core/resources.ts";
import { TIMES } from "./headers.ts";
import { PRECONDITIONS, REFUSALS, tagOf, UNCHANGED } from "./objects.ts";
import { type Answered, type Operation, ref } from "./operation.ts";
import { titleOf } from "./schemas.ts";

const SELECTION = ["_limit", "_token", "_since", "_before", "_to", "_sort", "id", "last_modified", "filters"] as const;
const TOTALS = ["Total-Objects", "Total-Records"] as const;

/** What a method of a list takes and answers. */
export const listOperation = (method: string, resource: ResourceName): Operation => {
  const name = titleOf(resource);
  const { plural } = RESOURCES[resource];
  const common = { tag: tagOf(resource), parameters: [...PRECONDITIONS, ...SELECTION], fails: REFUSALS };
  const told = (about: string): Answered => ({ about, headers: TIMES, schema: ref(`${name}Answer`) });
  const headers = [...TIMES, "Cache-Control", "Alert"];
  switch (method) {
    case "POST":
      return {
        ...common,
        id: `create_${resource}`,
        about: `Creates a ${resource}, unless there is one of that id.`,
        parameters: PRECONDITIONS,
        body: { "application/json": ref(`${name}Draft`) },
        answers: { 200: told("It was there, and is as it was."), 201: told("It is created.") },
        fails: [...REFUSALS, "UNSUPPORTED_MEDIA_TYPE"],
      };
    case "DELETE":
      return {
        ...common,
        id: `delete_${plural}`,
        about: `Deletes ${plural}, all or some.`,
        answers: { 200: { about: "They are deleted.", headers: [...TIMES, "Next-Page"], schema: ref("TombstoneList") } },
      };
    case "HEAD":
      return {
        ...common,
        id: `head_${plural}`,
        about: `Counts ${plural}.`,
        answers: { 200: { about: "The count.", headers: [...headers, ...TOTALS] }, 304: UNCHANGED },
      };
    default:
      return {
        ...common,
        id: `get_${plural}`,
        about: `Lists ${plural}.`,
        parameters: [...common.parameters, "_fields"],
        answers: { 200: { about: "A page of the list.", headers: [...headers, "Next-Page"], schema: ref(`${name}List`) }, 304: UNCHANGED },
      };
  }
};

/** What a method of `/permissions` takes and answers. */
export const permissionsOperation = (method: string): Operation => {
  const headers = [...TIMES, "Cache-Control"];
  return {
    // As Kinto has it.
    id: `${method === "HEAD" ? "head" : "get"}_permissionss`,
    tag: "Permissionss",
    about: method === "HEAD" ? "Counts the places where the asker may do something." : "Lists what the asker may do, and where.",
    parameters: [...SELECTION, "_fields"],
    answers: {
      200:
        method === "HEAD"
          ? { about: "The count.", headers: [...headers, ...TOTALS] }
          : { about: "A page of the list.", headers: [...headers, "Next-Page"], schema: ref("GrantedList") },
    },
    fails: ["MISSING_AUTH_TOKEN", "FORBIDDEN"],
  };
};
