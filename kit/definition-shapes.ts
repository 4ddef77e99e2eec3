import type { ActionDefinition } from "./action.ts";
import type { AnyDefinition } from "./any-definition.ts";
import type { AuthenticationDefinition } from "./authentication.ts";
import type { CommandDefinition } from "./command.ts";
import type { FilterDefinition } from "./filter.ts";
import type { AfterHook, BeforeHook, HooksDefinition, PointHook } from "./hook.ts";
import type { InboundDefinition } from "./inbound.ts";
import type { IndexDefinition } from "./indexing.ts";
import type { Implementation } from "./interface.ts";
import type { ListenerDefinition } from "./listener.ts";
import type { PublisherDefinition } from "./publisher.ts";
import type { RendererDefinition } from "./renderer.ts";
import type { RouteDefinition } from "./route.ts";
import type { ScheduleDefinition } from "./schedule.ts";

/** What a field must be; with `!` where it can't be absent. Numbers are looked at where their ranges are known. */
export type Kind = keyof typeof WORDS;
export type Shape = Readonly<Record<string, Kind | `${Kind}!`>>;
type ShapeOf<Definition> = { readonly [Field in keyof Required<Definition>]: Kind | `${Kind}!` };

export const WORDS = {
  any: "given",
  text: "a text",
  flag: "true or false",
  list: "a list",
  object: "an object",
  function: "a function",
  ofOptions: "a function of the options that gives it",
  schema: "a Standard Schema, such as zod's",
} as const;

const PLACES = { buckets: "ofOptions", collections: "ofOptions" } as const;
const WORK = { timeLimit: "any", retries: "any", expiry: "any" } as const;
const QUEUE = {
  batch: "object",
  concurrency: "any",
  retries: "any",
  timeout: "any",
  delay: "any",
  ordered: "flag",
} as const;
const HOOK = { on: "list!", ...PLACES, timeout: "any", run: "function!" } as const;

export const PLUGIN: ShapeOf<AnyDefinition<never, never>> = {
  name: "text!",
  about: "text!",
  version: "text",
  capability: "text",
  url: "text",
  config: "schema",
  requires: "list",
  needs: "ofOptions",
  interfaces: "list",
  hookPoints: "list",
  setup: "function",
  teardown: "function",
  authentication: "object",
  userInfo: "function",
  resources: "object",
  hooks: "object",
  listeners: "object",
  inbound: "object",
  routes: "object",
  renderers: "object",
  filters: "object",
  actions: "object",
  schedules: "object",
  implementations: "object",
  indexes: "object",
  publishers: "object",
  commands: "object",
};

export const AUTHENTICATION: ShapeOf<AuthenticationDefinition<never, never>> = {
  scheme: "text!",
  challenge: "text!",
  identify: "function!",
};
export const HOOKS: ShapeOf<HooksDefinition<never, never, never, never, never>> = {
  before: "object",
  after: "object",
  at: "object",
};
/** How many messages are handed over at once. */
export const BATCH = {
  listeners: { size: "any!", window: "any", run: "function" } satisfies ShapeOf<
    NonNullable<ListenerDefinition<never, never>["batch"]>
  >,
  inbound: { size: "any!", window: "any" } satisfies ShapeOf<
    NonNullable<InboundDefinition<never, never, never>["batch"]>
  >,
} as const;

/** Hooks, by when they run and by name. */
export const HOOKED = {
  before: HOOK satisfies ShapeOf<BeforeHook<never, never, never>>,
  after: HOOK satisfies ShapeOf<AfterHook<never, never, never>>,
  at: { point: "object!", timeout: "any", run: "function!" } satisfies ShapeOf<PointHook<never, never, never>>,
} as const;

/** Parts that stand by name, but for resources: what is wrong with those is told where they are put together. */
export const PARTS = {
  listeners: {
    on: "list!",
    ...PLACES,
    where: "ofOptions",
    echo: "flag",
    idempotent: "flag",
    ...QUEUE,
    run: "function!",
  } satisfies ShapeOf<ListenerDefinition<never, never>>,
  inbound: {
    about: "text!",
    from: "any",
    schema: "schema",
    idempotent: "flag",
    ...QUEUE,
    run: "function!",
  } satisfies ShapeOf<InboundDefinition<never, never, never>>,
  routes: {
    about: "text!",
    input: "schema",
    for: "text",
    permission: "object",
    responses: "object",
    timeout: "any",
    run: "function",
    rewrite: "function",
  } satisfies ShapeOf<RouteDefinition<never, never, never, never>>,
  renderers: { types: "list!", about: "text!", render: "function!", list: "function" } satisfies ShapeOf<
    RendererDefinition<never, never>
  >,
  filters: { about: "text!", paths: "list", request: "function", response: "function" } satisfies ShapeOf<
    FilterDefinition<never, never>
  >,
  actions: {
    about: "text!",
    on: "list!",
    ...PLACES,
    params: "schema",
    permission: "text",
    principals: "ofOptions",
    optIn: "flag",
    ...WORK,
    run: "function!",
  } satisfies ShapeOf<ActionDefinition<never, never, never, never>>,
  schedules: { about: "text!", cron: "any", ...WORK, run: "function!" } satisfies ShapeOf<
    ScheduleDefinition<never, never>
  >,
  implementations: { interface: "object!", with: "function!" } satisfies ShapeOf<Implementation<never, never, never>>,
  indexes: { about: "text!", ...PLACES, document: "function!" } satisfies ShapeOf<IndexDefinition<never, never>>,
  publishers: { about: "text!", from: "ofOptions", where: "ofOptions", publish: "function!" } satisfies ShapeOf<
    PublisherDefinition<never, never>
  >,
  commands: { about: "text!", flags: "schema", run: "function!" } satisfies ShapeOf<
    CommandDefinition<never, never, never>
  >,
} as const;
