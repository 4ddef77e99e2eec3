/** What Lambda tells a handler about its invocation. */
interface InvocationContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  /** Epoch ms. */
  readonly deadline: number;
}

/** A message to the process of a function. */
export interface Invocation {
  readonly event: unknown;
  readonly context: InvocationContext;
}

interface HandlerError {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** A message from the process of a function: it can be invoked, or has answered. */
export type InstanceMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "error"; readonly error: HandlerError };
