import { withTimeLimit } from "../../app/plugins/time-limit.ts";
import { MAX_PAYLOAD_BYTES } from "../../config/functions.ts";
import type { RendererInstance } from "../../kit/parts/renderers.ts";
import { type Json, parseJson } from "../../lib/json.ts";
import { ListWalk, readFirstPage, readPage, type SendRequest, withoutLimit } from "./list-walk.ts";
import type { RequestContext, Step } from "./pipeline.ts";
import { type HttpRequest, negotiateMediaType, PREFIX, publicOrigin } from "./request.ts";
import { addVary, type HttpResponse, isJson, pluginErrorResponse } from "./response.ts";
import type { HttpApp } from "./routing.ts";

/** How long rendering a response may take. It ends with the time of the request, but may always take the minimum. */
const TIMEOUT_SECONDS = 20;
const MIN_TIMEOUT_SECONDS = 1;
/** The size of a rendered list at most; the rest is for the headers. */
const MAX_LIST_BYTES = MAX_PAYLOAD_BYTES - 256 * 1024;
/** How much longer than its JSON a rendered list is expected to be. */
const EXPECTED_GROWTH = 2;
/** How often a list is rendered again with fewer entries because it was too long. */
const MAX_TRIES = 4;

interface Renderer extends RendererInstance {
  readonly type: string;
  /** For the log. */
  readonly label: string;
}

/** Renders JSON responses as the media type that the client accepts. A renderer that fails fails its request alone. */
export const renderStep = <App extends HttpApp>(app: App): Step<App> | undefined => {
  const renderers = findRenderers(app);
  if (renderers.size === 0) return undefined;
  return async (context, next) => {
    const { request } = context;
    if (request.method === "OPTIONS") return next(context);
    const send: SendRequest = (changed, pageSize) => next({ ...context, request: changed, pageSize });
    const renderer = renderers.get(negotiateMediaType(request.headers.accept, app.mediaTypes) ?? "");
    if (renderer === undefined) return addVary(await send(request), "Accept");
    try {
      return addVary(await render(app, renderer, context, send), "Accept");
    } catch (error) {
      return addVary(pluginErrorResponse(renderer.label, error, app.errors), "Accept");
    }
  };
};

/** Renderers by media type; of several for one type, the first in the config's order. */
const findRenderers = ({ plugins }: HttpApp): ReadonlyMap<string, Renderer> => {
  const renderers = new Map<string, Renderer>();
  for (const plugin of plugins) {
    for (const [name, renderer] of Object.entries(plugin.renderers)) {
      const label = `The renderer '${name}' of the plugin '${plugin.name}'`;
      for (const type of renderer.types) if (!renderers.has(type)) renderers.set(type, { ...renderer, type, label });
    }
  }
  return renderers;
};

type RenderContext = Pick<RequestContext, "request" | "budget" | "time">;

const render = async (
  app: HttpApp,
  renderer: Renderer,
  context: RenderContext,
  send: SendRequest,
): Promise<HttpResponse> => {
  const { list } = renderer;
  return list !== undefined && context.request.method === "GET"
    ? renderList(app, renderer, list, context, send)
    : renderBody(renderer, context, await send(context.request));
};

const renderBody = async (
  renderer: Renderer,
  { request, time }: Pick<RenderContext, "request" | "time">,
  response: HttpResponse,
): Promise<HttpResponse> => {
  const { status, body } = response;
  if (body === null || !isJson(response)) return response;
  const headers = withType(renderer, response);
  if (request.method === "HEAD") return { ...response, headers };
  const input = { ...inputOf(request, status), body: parseJson(body) as Json };
  const text = await withTimeLimit(renderer.label, timeoutSeconds(time), () => renderer.render(input));
  return { status, headers, body: requireText(text) };
};

/** Renders a list entry by entry, as much as fits; a request with `_limit` gets one page. */
const renderList = async (
  { settings }: HttpApp,
  renderer: Renderer,
  list: NonNullable<Renderer["list"]>,
  context: RenderContext,
  send: SendRequest,
): Promise<HttpResponse> => {
  const { request, budget, time } = context;
  // What was rendered in vain does not count.
  const rewind = budget.savepoint();
  const sendFirst: SendRequest = (...first) => {
    rewind();
    return send(...first);
  };
  const isWholeList = !new URLSearchParams(request.query).has("_limit");
  const origin = publicOrigin(request, settings);
  for (let [attempt, growth] = [1, EXPECTED_GROWTH]; ; attempt++) {
    const first = isWholeList
      ? await readFirstPage(request, sendFirst, MAX_LIST_BYTES / growth)
      : await readPage(request, sendFirst);
    if ("status" in first) return renderBody(renderer, context, first);
    const walk = new ListWalk({
      request,
      first,
      send: isWholeList ? send : undefined,
      origin,
      maxBytes: MAX_LIST_BYTES,
      budget,
    });
    const rendered: string[] = [];
    await withTimeLimit(renderer.label, timeoutSeconds(time), async (signal) => {
      for await (const text of list(walk.entries(signal), inputOf(request, 200))) {
        rendered.push(requireText(text));
        walk.addRendered(text);
      }
    });
    if (walk.failed !== undefined) return renderBody(renderer, context, walk.failed);
    if (isWholeList && walk.isTooLong && first.entries.length > 1 && attempt < MAX_TRIES) {
      growth = 1.2 * Math.max(growth, walk.growth);
      continue;
    }
    const { "Next-Page": _, ...headers } = withType(renderer, first.response);
    const next = walk.next !== undefined && { "Next-Page": isWholeList ? withoutLimit(walk.next) : walk.next };
    return { status: 200, headers: { ...headers, ...next }, body: rendered.join("") };
  }
};

const timeoutSeconds = ({ restMs }: RequestContext["time"]): number =>
  Math.min(TIMEOUT_SECONDS, Math.max(MIN_TIMEOUT_SECONDS, restMs / 1000));

const inputOf = ({ path, query }: HttpRequest, status: number) => ({ status, path: path.slice(PREFIX.length), query });

/** Browsers show XML and HTML with the origin of the store, so what users have written must not act there. */
const SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const withType = ({ type }: Renderer, { headers }: HttpResponse): Readonly<Record<string, string>> => ({
  ...headers,
  "Content-Security-Policy": SANDBOX,
  "Content-Type": `${type}; charset=utf-8`,
});

const requireText = (value: unknown): string => {
  if (typeof value !== "string") throw new TypeError(`it returned a ${typeof value}; return text.`);
  return value;
};
