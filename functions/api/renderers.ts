import { limited } from "../../app/plugins/time-limit.ts";
import { PAYLOAD_LIMIT } from "../../config/functions.ts";
import { type Answer, isJson } from "../http/answer.ts";
import { pluginFailed } from "../http/failed.ts";
import { negotiate } from "../http/negotiate.ts";
import { PREFIX } from "../http/prefix.ts";
import { publicOrigin } from "../http/public-origin.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Api, StartedRenderer } from "./app.ts";
import { type Ask, firstPage, ListWalk, onePage, unlimited } from "./list-walk.ts";

/** Seconds that writing an answer may take. */
const TIME = 20;
/** Bytes of a list's answer; some are left for the headers. */
const ROOM = PAYLOAD_LIMIT - 256 * 1024;
/** How much longer than its JSON a list is taken to become. */
const GROWTH = 2;

/** Answers a request in the form that it asks for. */
export type Write = (request: HttpRequest, ask: Ask) => Promise<Answer>;

/** What writes a type. */
interface Renderer extends StartedRenderer {
  readonly type: string;
  /** For the log. */
  readonly what: string;
}

/** All plugins' renderers; of two for one type the first in the config's order. One that fails costs that request alone. */
export const openRenderers = (api: Api): Write => {
  const { plugins, types, telling } = api;
  const renderers = new Map<string, Renderer>();
  for (const plugin of plugins) {
    for (const [name, renderer] of Object.entries(plugin.renderers)) {
      const what = `The renderer '${name}' of the plugin '${plugin.name}'`;
      for (const type of renderer.types) if (!renderers.has(type)) renderers.set(type, { ...renderer, type, what });
    }
  }
  if (renderers.size === 0) return (request, ask) => ask(request);
  return async (request, ask) => {
    if (request.method === "OPTIONS") return ask(request);
    const renderer = renderers.get(negotiate(request.headers.accept, types) ?? "");
    if (renderer === undefined) return varying(await ask(request));
    try {
      return varying(await write(api, renderer, request, ask));
    } catch (error) {
      return varying(pluginFailed(renderer.what, error, telling));
    }
  };
};

/** Says that who accepts something else is answered otherwise (RFC 9110, section 12.5.5). */
const varying = (answer: Answer): Answer => {
  const own = Object.keys(answer.headers).find((name) => name.toLowerCase() === "vary");
  return {
    ...answer,
    headers: { ...answer.headers, [own ?? "Vary"]: own === undefined ? "Accept" : `${answer.headers[own]}, Accept` },
  };
};

const write = async (api: Api, renderer: Renderer, request: HttpRequest, ask: Ask): Promise<Answer> => {
  const { list } = renderer;
  return list !== undefined && request.method === "GET"
    ? writeList(api, renderer, list, request, ask)
    : writeOne(renderer, request, await ask(request));
};

const writeOne = async (renderer: Renderer, request: HttpRequest, answer: Answer): Promise<Answer> => {
  const { status, body } = answer;
  if (body === null || !isJson(answer)) return answer;
  const headers = typed(renderer, answer);
  if (request.method === "HEAD") return { ...answer, headers };
  const page = { ...pageOf(request, status), body: JSON.parse(body) };
  return { status, headers, body: textOf(await limited(renderer.what, TIME, () => renderer.render(page))) };
};

/** How often a list is begun again, shorter, because it became longer than an answer can be. */
const TRIES = 4;

/** Entry by entry, as much of the list as fits; a limit that is asked for means one page. */
const writeList = async (
  { settings, transactions: { now } }: Api,
  renderer: Renderer,
  list: NonNullable<Renderer["list"]>,
  request: HttpRequest,
  ask: Ask,
): Promise<Answer> => {
  const whole = !new URLSearchParams(request.query).has("_limit");
  const origin = publicOrigin(request, settings);
  for (let [turn, growth] = [1, GROWTH]; ; turn++) {
    const first = whole ? await firstPage(request, ask, ROOM / growth) : await onePage(request, ask);
    if ("status" in first) return writeOne(renderer, request, first);
    const walk = new ListWalk({ request, first, ask: whole ? ask : undefined, origin, room: ROOM, now });
    const written: string[] = [];
    await limited(renderer.what, TIME, async (signal) => {
      for await (const text of list(walk.entries(signal), pageOf(request, 200))) {
        written.push(textOf(text));
        walk.wrote(text);
      }
    });
    if (walk.failed !== undefined) return writeOne(renderer, request, walk.failed);
    if (whole && walk.isTooLong && first.entries.length > 1 && turn < TRIES) {
      growth = 1.2 * Math.max(growth, walk.growth);
      continue;
    }
    const { "Next-Page": _, ...headers } = typed(renderer, first.answer);
    const next = walk.next !== undefined && { "Next-Page": whole ? unlimited(walk.next) : walk.next };
    return { status: 200, headers: { ...headers, ...next }, body: written.join("") };
  }
};

const pageOf = ({ path, query }: HttpRequest, status: number) => ({ status, path: path.slice(PREFIX.length), query });

const typed = ({ type }: Renderer, { headers }: Answer): Readonly<Record<string, string>> => ({
  ...headers,
  "Content-Type": `${type}; charset=utf-8`,
});

const textOf = (given: unknown): string => {
  if (typeof given !== "string") throw new TypeError(`it gave a ${typeof given}, where text is expected`);
  return given;
};
