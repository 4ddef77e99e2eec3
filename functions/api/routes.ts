import type { Context } from "hono";
import type { Api } from "../../app/api.ts";
import { answer } from "../../app/http/answer.ts";
import { requireJsonAccepted } from "../../app/http/body.ts";
import { errorJson } from "../../app/http/failed.ts";
import { httpApp } from "../../app/http/lambda.ts";
import { Failure } from "../../core/errors.ts";
import { type ListRef, listAt, type ObjectRef, objectRef, RESOURCE_NAMES, RESOURCES, type ResourceName } from "../../core/resources.ts";
import { hello } from "./hello.ts";
import * as list from "./lists.ts";
import * as object from "./objects.ts";

/** The protocol's routes: each resource's list and its objects. */
export const apiRoutes = (api: Api) => {
  const app = httpApp({ log: api.log, challenges: api.identification.challenges });
  app.all("/v1/", async (c) => run(c, { GET: hello, HEAD: hello }, null, api));

  for (const resource of RESOURCE_NAMES) {
    const path = `/v1${pathOf(resource)}`;
    app.all(path, async (c) => {
      const at = listAt(resource, ids(c, resource));
      return run(c, { GET: list.get, HEAD: list.get, POST: list.post, DELETE: list.remove }, at, api);
    });
    app.all(`${path}/:id`, async (c) => {
      const at = objectRef(listAt(resource, ids(c, resource)), c.req.param("id") ?? "");
      return run(c, { GET: object.get, HEAD: object.get, PUT: object.put, PATCH: object.patch, DELETE: object.remove }, at, api);
    });
  }
  return app;
};

type Route<At extends ListRef | ObjectRef | null> = (api: Api, request: Request, at: At) => Promise<Response>;

const run = async <At extends ListRef | ObjectRef | null>(c: Context, routes: Readonly<Record<string, Route<At>>>, at: At, api: Api): Promise<Response> => {
  const request = c.req.raw;
  const route = Object.hasOwn(routes, request.method) ? routes[request.method] : undefined;
  if (route === undefined) return notAllowed(Object.keys(routes));
  requireJsonAccepted(request);
  const response = await route(api, request, at);
  return request.method === "HEAD" ? new Response(null, response) : response;
};

const notAllowed = (methods: readonly string[]): Response => answer(405, errorJson(new Failure("METHOD_NOT_ALLOWED")), { Allow: methods.join(", ") });

/** `/buckets/:bucket/collections/:collection/records` */
const pathOf = (resource: ResourceName): string => {
  const { parent, plural } = RESOURCES[resource];
  return `${parent === null ? "" : `${pathOf(parent)}/:${parent}`}/${plural}`;
};

const ids = (c: Context, resource: ResourceName): string[] => {
  const { parent } = RESOURCES[resource];
  return parent === null ? [] : [...ids(c, parent), c.req.param(parent) ?? ""];
};
