import { withTimeLimit } from "../../app/plugins/time-limit.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { FilterInstance, FilterRequest, RequestChanges } from "../../kit/parts/filters.ts";
import type { Step } from "./pipeline.ts";
import { pluginResponse } from "./plugin-io.ts";
import { type HttpRequest, PREFIX, requireUtf8Query } from "./request.ts";
import { type HttpResponse, pluginErrorResponse } from "./response.ts";
import { type HttpApp, PathRouter } from "./routing.ts";

/** How long a filter may run, for the request and again for the response. */
const TIMEOUT_SECONDS = 2;

/** Runs the plugins' filters in the config's order, as nested steps. A filter that fails fails its request alone. */
export const filterStep = <App extends HttpApp>(app: App): Step<App> | undefined => {
  const filters = app.plugins.flatMap((plugin) =>
    Object.entries(plugin.filters).map(([name, filter]) =>
      runFilter<App>(app, `The filter '${name}' of the plugin '${plugin.name}'`, filter),
    ),
  );
  const [first, ...others] = filters;
  if (first === undefined) return undefined;
  return others.reduce<Step<App>>(
    (outer, inner) => (context, next) => outer(context, (changed) => inner(changed, next)),
    first,
  );
};

const runFilter = <App extends HttpApp>(app: App, label: string, filter: FilterInstance): Step<App> => {
  const { paths, request: filterRequest, response: filterResponse } = filter;
  const router = new PathRouter<true>();
  for (const path of paths ?? []) router.add(path, true);
  return async (context, next) => {
    const { request, user } = context;
    const params = paths === undefined ? {} : router.find(request.path)[0]?.params;
    if (params === undefined) return next(context);
    let passed = request;
    try {
      const changes = await withTimeLimit(label, TIMEOUT_SECONDS, async () =>
        filterRequest?.(toFilterRequest(request, params, user)),
      );
      if (changes?.status !== undefined) return pluginResponse(changes);
      if (changes !== undefined) passed = changeRequest(request, changes);
    } catch (error) {
      return pluginErrorResponse(label, error, app.errors);
    }
    const response = await next({ ...context, request: passed });
    return filterResponse === undefined
      ? response
      : changeResponse(app, label, response, (unchanged) =>
          filterResponse(unchanged, toFilterRequest(passed, params, user)),
        );
  };
};

const toFilterRequest = (
  { method, path, query, headers, address }: HttpRequest,
  params: Readonly<Record<string, string>>,
  user: UserId,
): FilterRequest => ({ method, path: path.slice(PREFIX.length), params, query, headers, address, user });

/** Applies a filter's changes. The Authorization header stays, because the user is known by it. */
const changeRequest = (request: HttpRequest, { query = request.query, headers = {} }: RequestChanges): HttpRequest => {
  const changed = Object.entries(headers).map(([name, value]): [string, string | undefined] => [
    name.toLowerCase(),
    value,
  ]);
  const { authorization } = request.headers;
  const result = { ...request, query, headers: { ...request.headers, ...Object.fromEntries(changed), authorization } };
  requireUtf8Query(result);
  return result;
};

const changeResponse = async (
  { errors }: HttpApp,
  label: string,
  response: HttpResponse,
  change: (response: HttpResponse) => ReturnType<NonNullable<FilterInstance["response"]>>,
): Promise<HttpResponse> => {
  try {
    const changed = await withTimeLimit(label, TIMEOUT_SECONDS, async () => change(response));
    if (changed === undefined) return response;
    const { bytes } = response;
    return {
      ...pluginResponse(changed, response.body),
      ...(bytes !== undefined && changed.body === null && { bytes }),
    };
  } catch (error) {
    return pluginErrorResponse(label, error, errors);
  }
};
