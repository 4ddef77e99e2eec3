import { answer } from "../http/answer.ts";
import type { Endpoint, Route } from "./call.ts";
import { heartbeat } from "./heartbeat.ts";
import { hello } from "./hello.ts";
import type { Operation } from "./openapi/operation.ts";
import * as operations from "./openapi/pages.ts";
import { permissionsEndpoint } from "./permissions.ts";

const page = (run: Route["run"], operation: Operation): Endpoint => {
  const route = { run, describe: () => operation };
  return { GET: route, HEAD: route };
};

/** Where the code is and how to take part in it (https://wiki.mozilla.org/Websites/contribute.json). */
const CONTRIBUTE = JSON.stringify({
  name: "kintoun",
  description: "A JSON record store for your own AWS account that speaks the Kinto HTTP API.",
  repository: { license: "Apache-2.0" },
});

/** What stands at fixed paths, after the version's prefix. */
export const PAGES: Readonly<Record<string, Endpoint>> = {
  "/": page(hello, operations.HELLO),
  "/permissions": permissionsEndpoint,
  "/__heartbeat__": page(heartbeat, operations.HEARTBEAT),
  "/__lbheartbeat__": page(async () => answer(200, "{}"), operations.LB_HEARTBEAT),
  "/__version__": page(
    async ({ api }) => answer(200, JSON.stringify({ name: "kintoun", version: api.version })),
    operations.VERSION,
  ),
  "/contribute.json": page(async () => answer(200, CONTRIBUTE), operations.CONTRIBUTE),
};
