/**
 * The process of a function: loads its handler as Lambda's runtime for Node does, and calls it for each message.
 * Arguments: the folder of the code, the handler, and a folder for compiled code.
 */
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { InstanceMessage, Invocation } from "./messages.ts";

const [folder = "", handlerName = "", compileCache] = process.argv.slice(2);

// Many processes load the same code. Lambda has no such cache.
enableCompileCache(compileCache);

const send = (message: InstanceMessage): void => void process.send?.(message);

const toError = (thrown: unknown): InstanceMessage => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { kind: "error", error: { errorType: error.name, errorMessage: error.stack ?? error.message } };
};

/** Throws an error that is named as in Lambda. */
const loadHandler = async (): Promise<(event: unknown, context: object) => Promise<unknown>> => {
  const [, file = "", name = ""] = /^(.*)\.([^.]+)$/.exec(handlerName) ?? [];
  const path = [".js", ".mjs", ".cjs"].map((end) => join(folder, `${file}${end}`)).find((one) => existsSync(one));
  if (path === undefined)
    throw Object.assign(new Error(`Cannot find module '${file}'`), { name: "Runtime.ImportModuleError" });
  const exported: Record<string, unknown> = await import(pathToFileURL(path).href);
  const handler = exported[name];
  if (typeof handler !== "function")
    throw Object.assign(new Error(`${handlerName} is undefined or not exported`), { name: "Runtime.HandlerNotFound" });
  return handler as (event: unknown, context: object) => Promise<unknown>;
};

// The rehearsal has ended.
process.on("disconnect", () => process.exit(0));

try {
  const handler = await loadHandler();
  process.on("message", ({ event, context }: Invocation) => {
    const getRemainingTimeInMillis = () => Math.max(0, context.deadline - Date.now());
    void (async () => handler(event, { ...context, getRemainingTimeInMillis }))().then(
      (result) => send({ kind: "result", result }),
      (error: unknown) => send(toError(error)),
    );
  });
  send({ kind: "ready" });
} catch (error) {
  send(toError(error));
}
