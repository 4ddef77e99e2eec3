import type { Resource } from "../../../core/resources.ts";
import { TIMES } from "./headers.ts";
import { PRECONDITIONS, REFUSALS, tagOf, UNCHANGED } from "./objects.ts";
import { type Answered, type Operation, ref } from "./operation.ts";
import { titleOf } from "./schemas.ts";

const SELECTION = ["_limit", "_token", "_since", "_before", "_to", "_sort", "id", "last_modified", "filters"] as const;
const TOTALS = ["Total-Objects", "Total-Records"] as const;

/** What a method of a list takes and answers. */
export const listOperation = (method: string, kind: Resource): Operation => {
  const title = titleOf(kind);
  const { name, plural } = kind;
  const common = { tag: tagOf(kind), parameters: [...PRECONDITIONS, ...SELECTION], fails: REFUSALS };
  const told = (about: string): Answered => ({ about, headers: TIMES, schema: ref(`${title}Answer`) });
  const headers = [...TIMES, "Cache-Control", "Alert"];
  switch (method) {
    case "POST":
      return {
        ...common,
        id: `create_${name}`,
        about: `Creates a ${name}, unless there is one of that id.`,
        parameters: PRECONDITIONS,
        body: { "application/json": ref(`${title}Draft`) },
        answers: { 200: told("It was there, and is as it was."), 201: told("It is created.") },
        fails: [...REFUSALS, "UNSUPPORTED_MEDIA_TYPE"],
      };
    case "DELETE":
      return {
        ...common,
        id: `delete_${idOf(kind)}`,
        about: `Deletes ${plural}, all or some.`,
        answers: {
          200: { about: "They are deleted.", headers: [...TIMES, "Next-Page"], schema: ref("TombstoneList") },
        },
      };
    case "HEAD":
      return {
        ...common,
        id: `head_${idOf(kind)}`,
        about: `Counts ${plural}.`,
        answers: { 200: { about: "The count.", headers: [...headers, ...TOTALS] }, 304: UNCHANGED },
      };
    default:
      return {
        ...common,
        id: `get_${idOf(kind)}`,
        about: `Lists ${plural}.`,
        parameters: [...common.parameters, "_fields"],
        answers: {
          200: { about: "A page of the list.", headers: [...headers, "Next-Page"], schema: ref(`${title}List`) },
          304: UNCHANGED,
        },
      };
  }
};

/** What an operation's id calls the list: its plural; of a plugin's, whose plural may be that of another elsewhere, what no name can be. */
const idOf = ({ name, plural, added }: Resource): string => (added === undefined ? plural : `${name}List`);

/** What a method of `/permissions` takes and answers. */
export const permissionsOperation = (method: string): Operation => {
  const headers = [...TIMES, "Cache-Control"];
  return {
    // As Kinto has it.
    id: `${method === "HEAD" ? "head" : "get"}_permissionss`,
    tag: "Permissionss",
    about:
      method === "HEAD"
        ? "Counts the places where the asker may do something."
        : "Lists what the asker may do, and where.",
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
