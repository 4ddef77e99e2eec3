import type { Bus } from "../../core/ports/bus.ts";
import type { Http } from "../../core/ports/http.ts";
import type { Mailer } from "../../core/ports/mail.ts";
import type { SearchEngine } from "../../core/ports/search-engine.ts";
import type { State } from "../../core/ports/state.ts";
import type { Topic } from "../../core/ports/topic.ts";
import type { OwnNeed, ResourceOf } from "../../kit/need.ts";
import type { Json } from "../../lib/json.ts";
import type { Effects } from "../dry-store.ts";

/**
 * What a need is answered with where nothing is to be done: reads are real, what would have an effect is told instead. The store's objects are looked
 * after by the store that is read drily. @param real what the need is answered with elsewhere
 */
export const captured = async (
  need: OwnNeed,
  effects: Effects,
  real: () => Promise<ResourceOf[OwnNeed["kind"]]>,
): Promise<ResourceOf[OwnNeed["kind"]]> => {
  const close = async () => undefined;
  const { kind } = need;
  switch (kind) {
    case "bus":
      return {
        put: async (events) => {
          for (const { source, type, detail } of events)
            effects({ kind, does: `${type} from ${source} ${short(detail)}` });
        },
        close,
      } satisfies Bus;
    case "file":
      return { append: async (text) => effects({ kind, does: `${need.path} ${text.trim()}` }) };
    case "topic":
      return {
        publish: async (messages) => {
          for (const { body } of messages) effects({ kind, does: `${need.arn} ${body}` });
        },
        close,
      } satisfies Topic;
    case "mail":
      return {
        send: async ({ to, cc = [], bcc = [], only = [...to, ...cc, ...bcc], subject }) => {
          effects({ kind, does: `to ${only.join(", ")}: ${subject}` });
          return { refused: [] };
        },
        close,
      } satisfies Mailer;
    case "search":
      return drySearch((await real()) as SearchEngine, effects);
    case "state":
      return dryState((await real()) as State, effects);
    case "http":
      return dryHttp((await real()) as Http, effects);
    case "store-secret":
    case "secret":
    case "given":
    case "variable":
    case "data":
    case "flush":
      return real();
  }
};

const drySearch = (engine: SearchEngine, effects: Effects): SearchEngine => ({
  search: (index, request) => engine.search(index, request),
  ping: () => engine.ping(),
  close: () => engine.close(),
  write: async (writes) => {
    for (const { id, document } of writes)
      effects({ kind: "search", does: document === null ? `forget ${id}` : `index ${id} ${short(document)}` });
  },
  drop: async (index) => effects({ kind: "search", does: `forget the index ${index}` }),
});

/** What would have been kept is not read back. */
const dryState = (state: State, effects: Effects): State => {
  const put = (list: string, key: string, value: Json) =>
    effects({ kind: "state", does: `keep ${list} ${key} ${short(value)}` });
  return {
    get: (list, key) => state.get(list, key),
    list: (list, query) => state.list(list, query),
    put: async (list, key, value) => put(list, key, value),
    add: async (list, key, value) => {
      if ((await state.get(list, key)) !== undefined) return false;
      put(list, key, value);
      return true;
    },
    change: async (list, key, make) => {
      const present = await state.get(list, key);
      const made = make(present);
      if (made !== undefined) put(list, key, made);
      return made ?? present;
    },
    delete: async (list, key) => effects({ kind: "state", does: `forget ${list} ${key}` }),
  };
};

/** Whoever is not asked is taken to have agreed. */
const dryHttp = (http: Http, effects: Effects): Http => ({
  flawOf: (url) => http.flawOf(url),
  request: async ({ method, url }) => {
    effects({ kind: "http", does: `${method} ${url}` });
    return { status: 200, headers: {}, body: new Uint8Array() };
  },
});

const short = (value: Json): string => {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
};
