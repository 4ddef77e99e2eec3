/**
 * The port to other people's servers, whose URLs may come from anybody: it reaches public addresses over https, and nothing else unless the operator
 * allows it. Never through a proxy.
 */
export interface Http {
  /** Rejects with an {@link HttpFailure} when no answer came of it; an answer of any status is one. */
  request(asked: HttpRequest): Promise<HttpAnswer>;
  /** What is wrong with a URL as far as it tells by itself, as a sentence; `undefined` when it can be asked. What its name stands for is seen when it is. */
  flawOf(url: string): string | undefined;
}

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** ms for all of it, redirects included; 10,000 when absent. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its first 64 KB. */
  readonly body: Uint8Array;
}

/** `refused`: it must not be asked, now or later; `timeout`: it took too long, or was told to stop; `network`: it could not be reached, or went away. */
export type HttpFailureReason = "refused" | "timeout" | "network";

/** Why there is no answer. Its message tells no address that a name stands for. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  readonly reason: HttpFailureReason;

  constructor(reason: HttpFailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
