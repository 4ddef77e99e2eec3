export type { Data, DataDraft, DataObject } from "../core/data.ts";
export type { ChangeEvent } from "../core/events/event.ts";
export type { EventName, Heard as Outcome } from "../core/events/listener.ts";
export type { ObjectChange } from "../core/hooks.ts";
export type { InboundMessage } from "../core/inbound.ts";
export type { Bus, BusEvent } from "../core/ports/bus.ts";
export type { AppendFile } from "../core/ports/file.ts";
export { type Http, type HttpAnswer, HttpFailure, type HttpRequest } from "../core/ports/http.ts";
export type { Log } from "../core/ports/log.ts";
export {
  type Mail,
  type Mailer,
  type MailOutcome,
  MailRefused,
  MOST_RECIPIENTS,
  type RefusedRecipient,
  type SmtpServer,
} from "../core/ports/mail.ts";
export type { IndexWrite, SearchEngine } from "../core/ports/search-engine.ts";
export type { Expiry, State, StateEntry, StateQuery } from "../core/ports/state.ts";
export type { Topic, TopicMessage } from "../core/ports/topic.ts";
export { parseSearch } from "../core/search/request.ts";
export { toOpenSearchShape } from "../core/search/search.ts";
export { matches, type Pattern } from "../lib/event-pattern.ts";
export type { Json, JsonObject } from "../lib/json.ts";
export { domainOf, type MailAddress, readAddress } from "../lib/mail-address.ts";
export { isAmong } from "../lib/util/is-among.ts";
export type { ActionCall, ActionDefinition, Job } from "./action.ts";
export type { Authentication } from "./authentication.ts";
export type { CommandDefinition } from "./command.ts";
export { defineConfig, type KintounConfig, type ProtocolSettings } from "./config.ts";
export type { PluginDefinition, SetupTools } from "./definition.ts";
export type { EventPattern, EventSource } from "./event-source.ts";
export { fillTemplate } from "./fill-template.ts";
export type { FilterDefinition, FilteredChange, FilteredRequest } from "./filter.ts";
export type { AfterHook, BeforeHook, PointHook } from "./hook.ts";
export { defineHookPoint, type HookPoint } from "./hook-point.ts";
export type { InboundDefinition } from "./inbound.ts";
export { type IndexDefinition, type Indexed, type Indexing, indexing } from "./indexing.ts";
export { defineInterface, type Implementation, type Implementations, type Interface } from "./interface.ts";
export { itemOptions } from "./item-options.ts";
export { later } from "./later.ts";
export type { ListenerDefinition } from "./listener.ts";
export { type Need, need, type Resources } from "./need.ts";
export { definePlugin, type Plugin } from "./plugin.ts";
export { points } from "./points.ts";
export type { PublisherDefinition } from "./publisher.ts";
export { refuse } from "./refuse.ts";
export type { RenderedPage, RendererDefinition } from "./renderer.ts";
export type { ResourceDefinition } from "./resource.ts";
export { json, type Rewritten, type RouteAnswer, type RouteCall, type RouteDefinition } from "./route.ts";
export type { ScheduleDefinition } from "./schedule.ts";
export type { OptionsSchema } from "./schema.ts";
export type { Tools } from "./tools.ts";
