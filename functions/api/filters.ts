import { limited } from "../../app/plugins/time-limit.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { Answer } from "../http/answer.ts";
import { pluginFailed } from "../http/failed.ts";
import { pluginAnswer } from "../http/plugin-answer.ts";
import { PREFIX } from "../http/prefix.ts";
import type { HttpRequest } from "../http/request.ts";
import { Router } from "../http/router.ts";
import type { Api, FilteredChange, FilteredRequest, StartedFilter } from "./app.ts";
import { requireUtf8 } from "./require-utf8.ts";

/** Seconds that a filter may take, each way. */
const TIME = 2;

/** A request on its way through the filters. */
export interface Passed {
  /** As they let it through. */
  readonly request: HttpRequest;
  /** What one of them answered in the endpoint's place. */
  readonly answered?: Answer;
  /** Takes the answer back through them. */
  readonly back: (answer: Answer) => Promise<Answer>;
}

/** Lets a request pass; it does not fail. */
export type Pass = (request: HttpRequest, user: UserId) => Promise<Passed>;

/** What all plugins' filters make of requests and answers, in the config's order; a filter that fails costs that request alone. */
export const openFilters = (api: Api): Pass => {
  const filters = api.plugins.flatMap((plugin) =>
    Object.entries(plugin.filters).map(([name, filter]) =>
      filterPass(api, `The filter '${name}' of the plugin '${plugin.name}'`, filter),
    ),
  );
  return async (asked, user) => {
    let request = asked;
    const backs: Passed["back"][] = [];
    const back = async (answer: Answer) => {
      let changed = answer;
      for (const next of backs.toReversed()) changed = await next(changed);
      return changed;
    };
    for (const filter of filters) {
      const passed = await filter(request, user);
      if (passed.answered !== undefined) return { request, answered: passed.answered, back };
      request = passed.request;
      backs.push(passed.back);
    }
    return { request, back };
  };
};

const unchanged = async (answer: Answer): Promise<Answer> => answer;

const filterPass = (api: Api, what: string, { paths, request: inward, response: outward }: StartedFilter): Pass => {
  const router = new Router<true>();
  for (const path of paths ?? []) router.add(path, true);
  return async (asked, user) => {
    const params = paths === undefined ? {} : router.find(asked.path)?.params;
    if (params === undefined) return { request: asked, back: unchanged };
    const shown = ({ method, path, query, headers }: HttpRequest): FilteredRequest => ({
      method,
      path: path.slice(PREFIX.length),
      params,
      query,
      headers,
      user,
    });
    let request = asked;
    try {
      const change = await limited(what, TIME, async () => inward?.(shown(asked)));
      if (change?.status !== undefined) return { request, answered: pluginAnswer(change), back: unchanged };
      if (change !== undefined) request = changed(asked, change);
    } catch (error) {
      return { request, answered: pluginFailed(what, error, api.telling), back: unchanged };
    }
    const back = async (answer: Answer): Promise<Answer> => {
      try {
        const other = await limited(what, TIME, async () => outward?.(answer, shown(request)));
        return other === undefined ? answer : pluginAnswer(other, answer.body);
      } catch (error) {
        return pluginFailed(what, error, api.telling);
      }
    };
    return { request, back: outward === undefined ? unchanged : back };
  };
};

/** The same request with another query or other headers; who asks was settled by the old ones. */
const changed = (asked: HttpRequest, { query = asked.query, headers = {} }: FilteredChange): HttpRequest => {
  const others = Object.entries(headers).map(([name, value]): [string, string | undefined] => [
    name.toLowerCase(),
    value,
  ]);
  const request = {
    ...asked,
    query,
    headers: { ...asked.headers, ...Object.fromEntries(others), authorization: asked.headers.authorization },
  };
  requireUtf8(request);
  return request;
};
