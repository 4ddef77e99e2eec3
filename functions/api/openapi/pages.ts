import { type Operation, ref, type Schema } from "./operation.ts";

const utility = (id: string, about: string, schema: Schema): Operation => ({
  id,
  tag: "Utilities",
  about,
  answers: { 200: { about: "It is there.", schema } },
});

export const HELLO = utility(
  "server_info",
  "Tells who serves, with which abilities, and who the asker is taken for.",
  ref("Hello"),
);
export const LB_HEARTBEAT = utility("__lbheartbeat__", "Tells that the service runs.", { type: "object" });
export const VERSION = utility("__version__", "Tells which version runs.", ref("Version"));
export const CONTRIBUTE = utility("contribute", "Tells where the code is and how to take part in it.", {
  type: "object",
});
export const API = utility("get_openapi_spec", "Describes the endpoints: this document.", { type: "object" });

export const HEARTBEAT: Operation = {
  ...utility("__heartbeat__", "Asks everything that the store stands on whether it is there.", ref("Heartbeats")),
  answers: {
    200: { about: "All of it is.", schema: ref("Heartbeats") },
    503: {
      about: "Some of it is not, or did not answer in time.",
      headers: ["Retry-After"],
      schema: { anyOf: [ref("Heartbeats"), ref("Error")] },
    },
  },
};

export const BATCH: Operation = {
  id: "batch",
  tag: "Batch",
  about: "Carries out several requests as one.",
  body: { "application/json": ref("Batch") },
  answers: { 200: { about: "What each of them is answered.", schema: ref("BatchAnswer") } },
  fails: ["UNSUPPORTED_MEDIA_TYPE"],
};

/** Answered by a function of its own. */
export const SEARCH: Operation = {
  id: "search_records",
  tag: "Records",
  about: "Finds records of a collection.",
  body: { "application/json": ref("Search") },
  answers: { 200: { about: "The records that are found.", schema: ref("SearchAnswer") } },
  fails: ["MISSING_AUTH_TOKEN", "FORBIDDEN", "INVALID_RESOURCE_ID", "MISSING_RESOURCE", "UNSUPPORTED_MEDIA_TYPE"],
};
