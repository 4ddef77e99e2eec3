export type { Data, DataDraft, DataObject, ListSummary, PrincipalRemoval } from "../core/data.ts";
export { PermanentError, RetryAfterError } from "../core/events/delivery-errors.ts";
export type { ChangeEvent } from "../core/events/event.ts";
export { type EventFilter, type EventName, type ListenerOutcome, matchesFilter } from "../core/events/listener.ts";
export type { ObjectChange, ObjectRead } from "../core/hooks.ts";
export type { InboundMessage } from "../core/inbound.ts";
export { readFields } from "../core/lists/list-query.ts";
export type { AttemptActivity, EventActivity, Logged, RequestActivity } from "../core/ports/activity.ts";
export type { Bus, BusEvent } from "../core/ports/bus.ts";
export type { AppendFile } from "../core/ports/file.ts";
export type { FileHeaders, FileInfo, Files, SignedUpload, UploadLimits } from "../core/ports/files.ts";
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
export type { Operations } from "../core/ports/operations.ts";
export type { IndexWrite, SearchEngine } from "../core/ports/search-engine.ts";
export type {
  Counter,
  CounterChange,
  CounterUpdate,
  Expiry,
  State,
  StateEntry,
  StateQuery,
} from "../core/ports/state.ts";
export type { Topic, TopicMessage } from "../core/ports/topic.ts";
export { type FilterPattern, matchesPattern } from "../lib/filter-pattern.ts";
export { type Json, type JsonObject, parseJson } from "../lib/json.ts";
export { domainOf, formatMailAddress, type MailAddress, parseMailAddress, toDisplayName } from "../lib/mail-address.ts";
export { toClientNetwork } from "../lib/util/client-network.ts";
export { matchesAny } from "../lib/util/matches-any.ts";
export { findTimeWindow, type TimeWindow } from "../lib/util/time-window.ts";
export { truncateText } from "../lib/util/truncate-text.ts";
export type { ActionRef, ActionStarter, StartOptions } from "./action-starter.ts";
export { checkSearchBody } from "./check-search-body.ts";
export { type Deploy, defineConfig, type KintounConfig, type ProtocolSettings } from "./config.ts";
export type { PluginContext, SetupContext } from "./context.ts";
export { fillTemplate } from "./fill-template.ts";
export type { IndexObjects, SyncCounts } from "./index-objects.ts";
export type {
  CaughtMail,
  CaughtMails,
  ExplainRequest,
  Inspection,
  MailSummary,
  QueueDescription,
  StoreDescription,
} from "./inspection.ts";
export { type InstanceOptions, splitOptions } from "./instance-options.ts";
export { mailServerOptions } from "./mail-server-options.ts";
export type { MessageSource } from "./message-source.ts";
export { type Need, need, type Resources } from "./need.ts";
export type { OwnMessage, OwnQueue } from "./own-queue.ts";
export type { ActionCall, ActionDefinition, Job } from "./parts/actions.ts";
export type { AuthenticationDefinition, AuthenticationRequest, Identity, Scope } from "./parts/authentication.ts";
export type { AfterHook, BeforeHook } from "./parts/change-hooks.ts";
export type { CommandCall, CommandDefinition } from "./parts/commands.ts";
export type { FilterDefinition, FilteredResponse, FilterRequest, RequestChanges } from "./parts/filters.ts";
export { defineHookPoint, type HookPoint, storeHookPoints } from "./parts/hook-points.ts";
export type { EventPattern, EventSource, InboundDefinition } from "./parts/inbound.ts";
export type {
  FacetOptions,
  FieldMapping,
  IndexMapping,
  IndexUser,
  ParentType,
  TypeDefinition,
} from "./parts/index-types.ts";
export { type IndexDefinition, type IndexedRecord, type Indexing, indexing } from "./parts/indexes.ts";
export { defineInterface, type Implementation, type Implementations, type Interface } from "./parts/interfaces.ts";
export type { ListenerDefinition } from "./parts/listeners.ts";
export type { PagesDefinition } from "./parts/pages.ts";
export type { PointHook } from "./parts/point-hooks.ts";
export { type PublisherDefinition, publisherOptions } from "./parts/publishers.ts";
export type { ReadHook } from "./parts/read-hooks.ts";
export type { RendererDefinition, RendererInput } from "./parts/renderers.ts";
export type { ResourceDefinition } from "./parts/resources.ts";
export {
  jsonResponse,
  type OwnRequest,
  type OwnResponse,
  type RouteDefinition,
  type RouteRequest,
  type RouteResponse,
  type RouteRewrite,
} from "./parts/routes.ts";
export type { ScheduleDefinition } from "./parts/schedules.ts";
export type {
  PackedFile,
  PackedObject,
  ReceivedObject,
  TransferDefinition,
  TransferredObject,
} from "./parts/transfer.ts";
export type { VersionsDefinition } from "./parts/versions.ts";
export { definePlugin, type Plugin, type PluginDefinition, type PluginTypes } from "./plugin.ts";
export { refuse } from "./refuse.ts";
export type { StandardSchema } from "./schema.ts";
export { type SelectedEntries, selectEntries } from "./select-entries.ts";
export type { HistoryPage, HistoryRequest, RevertInput, SnapshotRequest, VersionHistory } from "./version-history.ts";
