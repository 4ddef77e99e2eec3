export type { Data, DataDraft, DataObject } from "../core/data.ts";
export { PermanentError, RetryAfterError } from "../core/events/delivery-errors.ts";
export type { ChangeEvent } from "../core/events/event.ts";
export { type EventFilter, type EventName, type ListenerOutcome, matchesFilter } from "../core/events/listener.ts";
export type { ObjectChange } from "../core/hooks.ts";
export type { InboundMessage } from "../core/inbound.ts";
export type { Bus, BusEvent } from "../core/ports/bus.ts";
export type { AppendFile } from "../core/ports/file.ts";
export { type HttpClient, type HttpRequest, HttpRequestError, type HttpResponse } from "../core/ports/http.ts";
export type { Log } from "../core/ports/log.ts";
export {
  MAX_RECIPIENTS,
  type Mail,
  type Mailer,
  type MailOutcome,
  MailRefusedError,
  type RejectedRecipient,
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
export type { AuthenticationDefinition } from "./authentication.ts";
export type { CommandDefinition } from "./command.ts";
export { defineConfig, type KintounConfig, type ProtocolSettings } from "./config.ts";
export type { PluginDefinition, SetupContext } from "./definition.ts";
export type { EventPattern, EventSource } from "./event-source.ts";
export { fillTemplate } from "./fill-template.ts";
export type { FilterDefinition, FilterRequest, RequestChanges } from "./filter.ts";
export type { AfterHook, BeforeHook, PointHook } from "./hook.ts";
export { defineHookPoint, type HookPoint } from "./hook-point.ts";
export type { InboundDefinition } from "./inbound.ts";
export { type IndexDefinition, type IndexedRecord, type Indexing, indexing } from "./indexing.ts";
export { defineInterface, type Implementation, type Implementations, type Interface } from "./interface.ts";
export { publisherOptions } from "./item-options.ts";
export type { ListenerDefinition } from "./listener.ts";
export { type Need, need, type Resources } from "./need.ts";
export { definePlugin, type Plugin } from "./plugin.ts";
export { storeHookPoints } from "./points.ts";
export type { PublisherDefinition } from "./publisher.ts";
export { refuse } from "./refuse.ts";
export type { RendererDefinition, RendererInput } from "./renderer.ts";
export type { ResourceDefinition } from "./resource.ts";
export { json, type RouteDefinition, type RouteRequest, type RouteResponse, type RouteRewrite } from "./route.ts";
export type { ScheduleDefinition } from "./schedule.ts";
export type { StandardSchema } from "./schema.ts";
export type { PluginContext } from "./tools.ts";
