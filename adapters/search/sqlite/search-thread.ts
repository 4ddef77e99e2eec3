import { parentPort, workerData } from "node:worker_threads";
import { stemWord } from "../../../core/search/analysis/stem-word.ts";
import { IndexHost } from "./index-host.ts";
import { THREAD_READY, type ThreadCall, type ThreadData } from "./thread-calls.ts";

if (parentPort !== null) {
  const port = parentPort;
  const host = new IndexHost(workerData as ThreadData, stemWord);
  port.on("message", (call: ThreadCall) => port.postMessage(host.run(call)));
  port.postMessage(THREAD_READY);
}
