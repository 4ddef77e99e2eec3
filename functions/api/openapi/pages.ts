import { type Operation, ref, type Schema } from "../../http/operation.ts";

const utility = (id: string, about: string, schema: Schema): Operation => ({
  id,
  tag: "Utilities",
  about,
  responses: { 200: { about: "Success.", schema } },
});

export const HELLO = utility(
  "server_info",
  "Returns the server's version and capabilities, and the user.",
  ref("Hello"),
);
export const LB_HEARTBEAT = utility("__lbheartbeat__", "Returns that the server is running.", { type: "object" });
export const VERSION = utility("__version__", "Returns the server's version.", ref("Version"));
export const CONTRIBUTE = utility("contribute", "Returns where the code is and how to contribute.", {
  type: "object",
});
export const API = utility("get_openapi_spec", "Describes the endpoints: this document.", { type: "object" });

export const HEARTBEAT: Operation = {
  ...utility("__heartbeat__", "Checks whether everything that the store depends on is reachable.", ref("Heartbeats")),
  responses: {
    200: { about: "Everything is reachable.", schema: ref("Heartbeats") },
    503: {
      about: "Something is not reachable in time.",
      headers: ["Retry-After"],
      schema: { anyOf: [ref("Heartbeats"), ref("Error")] },
    },
  },
};

export const BATCH: Operation = {
  id: "batch",
  tag: "Batch",
  about: "Runs several requests in one transaction.",
  body: { "application/json": ref("Batch") },
  responses: { 200: { about: "The response to each request.", schema: ref("BatchAnswer") } },
  fails: ["UNSUPPORTED_MEDIA_TYPE"],
};
