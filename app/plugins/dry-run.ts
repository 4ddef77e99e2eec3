import { randomUUID } from "node:crypto";
import type { Bus } from "../../core/ports/bus.ts";
import type { Files } from "../../core/ports/files.ts";
import type { HttpClient } from "../../core/ports/http.ts";
import type { Mailer } from "../../core/ports/mail.ts";
import type { SearchEngine } from "../../core/ports/search-engine.ts";
import type { State } from "../../core/ports/state.ts";
import type { Topic } from "../../core/ports/topic.ts";
import { applyCounterChange } from "../../core/store/counter-updates.ts";
import type { ActionStarter, StartOptions } from "../../kit/action-starter.ts";
import type { PluginNeed, ResourceOf } from "../../kit/need.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import type { AppContext } from "../app-context.ts";
import type { SideEffectHandler } from "../restricted-stores.ts";
import { toCounter } from "./join-counters.ts";
import { toOwnQueue } from "./own-queue.ts";

/**
 * Creates a resource without effects: reads are real, and effects are reported. Object writes are intercepted by the
 * dry-run store.
 *
 * @param real Creates the real resource.
 */
export const createDryRunResource = async (
  app: AppContext,
  need: PluginNeed,
  effects: SideEffectHandler,
  real: () => Promise<ResourceOf[PluginNeed["kind"]]>,
): Promise<ResourceOf[PluginNeed["kind"]]> => {
  const close = async () => undefined;
  const { kind } = need;
  switch (kind) {
    case "bus":
      return {
        put: async (events) => {
          for (const { source, type, detail } of events)
            effects({ kind, description: `${type} from ${source} ${shorten(detail)}` });
        },
        close,
      } satisfies Bus;
    case "file":
      return { append: async (text) => effects({ kind, description: `${need.path} ${text.trim()}` }) };
    case "topic":
      return {
        publish: async (messages) => {
          for (const { body } of messages) effects({ kind, description: `${need.arn} ${body}` });
        },
        close,
      } satisfies Topic;
    case "mail":
      return {
        send: async ({ to, cc = [], bcc = [], only = [...to, ...cc, ...bcc], subject }) => {
          effects({ kind, description: `to ${only.join(", ")}: ${subject}` });
          return { rejected: [] };
        },
        close,
      } satisfies Mailer;
    case "queue":
      return toOwnQueue(app, need, async (messages) => {
        for (const { queue, body } of messages) effects({ kind, description: `to ${queue}: ${shortenText(body)}` });
      });
    case "action":
      return {
        start: async (params: JsonObject, { uri }: StartOptions = {}) => {
          effects({ kind, description: `${need.action.name} on ${uri ?? "the server"} ${shorten(params)}` });
          return randomUUID();
        },
      } satisfies ActionStarter<never>;
    case "search":
      return createDryRunSearch((await real()) as SearchEngine, effects);
    case "state":
      return createDryRunState((await real()) as State, effects);
    case "files":
      return createDryRunFiles((await real()) as Files, effects);
    case "http":
      return createDryRunHttp((await real()) as HttpClient, effects);
    case "store-secret":
    case "secret":
    case "parameter":
    case "variable":
    case "data":
    case "index":
    case "versions":
    case "inspection":
    case "operations":
    case "flush":
      return real();
  }
};

const createDryRunSearch = (engine: SearchEngine, effects: SideEffectHandler): SearchEngine => ({
  search: (index, request) => engine.search(index, request),
  ping: () => engine.ping(),
  close: () => engine.close(),
  write: async (writes) => {
    for (const { id, document } of writes)
      effects({ kind: "search", description: document === null ? `remove ${id}` : `index ${id} ${shorten(document)}` });
  },
  drop: async (index) => effects({ kind: "search", description: `remove the index ${index}` }),
});

/** Reported values are not read back. */
const createDryRunState = (state: State, effects: SideEffectHandler): State => {
  const put = (list: string, key: string, value: Json) =>
    effects({ kind: "state", description: `store ${list} ${key} ${shorten(value)}` });
  return {
    get: (list, key) => state.get(list, key),
    list: (list, query) => state.list(list, query),
    put: async (list, key, value) => put(list, key, value),
    add: async (list, key, value) => {
      if ((await state.get(list, key)) !== undefined) return false;
      put(list, key, value);
      return true;
    },
    count: async (list, key, change) => {
      const counter = applyCounterChange(toCounter(await state.get(list, key)), change);
      put(list, key, counter);
      return counter;
    },
    countAll: async (changes) => {
      for (const { list, key, ...change } of changes) put(list, key, { ...change });
      return true;
    },
    change: async (list, key, make) => {
      const present = await state.get(list, key);
      const changed = make(present);
      if (changed !== undefined) put(list, key, changed);
      return changed ?? present;
    },
    delete: async (list, key) => effects({ kind: "state", description: `delete ${list} ${key}` }),
  };
};

const createDryRunFiles = (files: Files, effects: SideEffectHandler): Files => ({
  ...files,
  put: async (key, content) => effects({ kind: "files", description: `store ${key}, ${content.length} bytes` }),
  upload: async (key, { size }) => effects({ kind: "files", description: `store ${key}, ${size} bytes` }),
  delete: async (key) => effects({ kind: "files", description: `delete ${key}` }),
});

/** Requests are not sent. Each one gets an empty response with status 200. */
const createDryRunHttp = (http: HttpClient, effects: SideEffectHandler): HttpClient => ({
  findUrlIssue: (url) => http.findUrlIssue(url),
  request: async ({ method, url }) => {
    effects({ kind: "http", description: `${method} ${url}` });
    return { status: 200, headers: {}, body: new Uint8Array() };
  },
});

const shorten = (value: Json): string => shortenText(JSON.stringify(value));

const shortenText = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
