import { parentPort, workerData } from "node:worker_threads";
import { IndexHost } from "./index-host.ts";
import type { ThreadCall, ThreadData } from "./thread-calls.ts";

if (parentPort !== null) {
  const port = parentPort;
  const host = new IndexHost(workerData as ThreadData, (word) => word);
  port.on("message", (call: ThreadCall) => port.postMessage(host.run(call)));
}
