import type { UserId } from "../../core/permissions/principals.ts";
import type { Session } from "../../core/store/session.ts";
import type { Plan } from "../../core/store/transact.ts";
import type { Answer } from "../http/answer.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Api } from "./app.ts";
import type { Operation } from "./openapi/operation.ts";

/** One request on its way through the store, alone or in a batch. */
export interface Call {
  readonly api: Api;
  readonly request: HttpRequest;
  readonly session: Session;
  readonly user: UserId;
}

/** What answers a method of an endpoint. */
export interface Route {
  /** What is known beforehand of what it will read and write. */
  readonly plan?: (request: HttpRequest) => Omit<Plan, "members">;
  /** May run again when somebody came between; has no effect but through the session. */
  readonly run: (call: Call) => Promise<Answer>;
  /** Takes the place of {@link run} outside of batches, where one transaction would not do. */
  readonly alone?: (call: Omit<Call, "session">) => Promise<Answer>;
  /** Whether it answers a list in pages: takes a `_limit`, and says `Next-Page` where there is more. */
  readonly paged?: boolean;
  /** What the API's document says of it; left out of the document when absent. */
  readonly describe?: (method: string) => Operation;
}

/** A request, and the route that answers it. */
export interface Located {
  readonly request: HttpRequest;
  readonly route: Route;
}

/** Leads a request to another route. */
export interface Detour {
  readonly detour: (api: Api, request: HttpRequest, user: UserId) => Promise<Located>;
  readonly describe?: (method: string) => Operation;
}

/** What stands at a path: its routes by method, in the order that `Allow` tells them. */
export type Endpoint = Readonly<Record<string, Route | Detour>>;

/** Finds what stands at a path; `undefined` when nothing does. */
export type Find = (path: string) => Endpoint | undefined;
