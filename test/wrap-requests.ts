import type { AppOptions } from "../app/create-app-context.ts";

type Wrap = NonNullable<AppOptions["wrapSend"]>;

/** Leaves out the calls of workers, which may run before the client has read the response that caused them. */
export const wrapRequests =
  (wrap: Wrap): Wrap =>
  (send, location) =>
    location.listener === undefined ? wrap(send, location) : send;
