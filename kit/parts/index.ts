import type { PluginTypes } from "../plugin.ts";
import { type ActionsPart, actions } from "./actions.ts";
import { type AuthenticationPart, authentication, userInfo } from "./authentication.ts";
import { type CommandsPart, commands } from "./commands.ts";
import { type FiltersPart, filters } from "./filters.ts";
import { type HookPointsPart, hookPoints } from "./hook-points.ts";
import { type HooksPart, hooks } from "./hooks.ts";
import { type InboundPart, inbound } from "./inbound.ts";
import { type IndexesPart, indexes } from "./indexes.ts";
import { type InterfacesPart, implementations, interfaces } from "./interfaces.ts";
import { type ListenersPart, listeners } from "./listeners.ts";
import { type PagesPart, pages } from "./pages.ts";
import type { Part } from "./part.ts";
import { type PublishersPart, publishers } from "./publishers.ts";
import { type RenderersPart, renderers } from "./renderers.ts";
import { type ResourcesPart, resources } from "./resources.ts";
import { type RoutesPart, routes } from "./routes.ts";
import { type SchedulesPart, schedules } from "./schedules.ts";
import { type TransferPart, transfer } from "./transfer.ts";
import { type VersionsPart, versions } from "./versions.ts";

/** All parts of a plugin, by their field in the definition. A new part is one file and its lines here. */
export const PARTS = {
  interfaces,
  hookPoints,
  authentication,
  userInfo,
  resources,
  hooks,
  listeners,
  inbound,
  routes,
  pages,
  renderers,
  filters,
  actions,
  schedules,
  implementations,
  indexes,
  publishers,
  commands,
  transfer,
  versions,
};

/** The fields of a definition that parts add. */
export interface PartDefinitions<Config, Services, T extends PluginTypes>
  extends InterfacesPart<Config, Services, T>,
    HookPointsPart,
    AuthenticationPart<Config, Services>,
    ResourcesPart<Config, T>,
    HooksPart<Config, Services, T>,
    ListenersPart<Config, Services, T>,
    InboundPart<Config, Services, T>,
    RoutesPart<Config, Services, T>,
    PagesPart,
    RenderersPart<Config, Services>,
    FiltersPart<Config, Services>,
    ActionsPart<Config, Services, T>,
    SchedulesPart<Config, Services>,
    IndexesPart<Config, Services>,
    PublishersPart<Config, Services>,
    CommandsPart<Config, Services, T>,
    TransferPart<Config, Services>,
    VersionsPart<Config> {}

/** What is known of each part without starting the plugin. */
export type PartManifests = {
  readonly [Key in keyof typeof PARTS]: (typeof PARTS)[Key] extends Part<infer Manifest, infer _> ? Manifest : never;
};

/** Each part's functions, bound to the plugin's options and services. */
export type PartInstances = {
  readonly [Key in keyof typeof PARTS]: (typeof PARTS)[Key] extends Part<infer _, infer Instance> ? Instance : never;
};
