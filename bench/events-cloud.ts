// Usage: node bench/events-cloud.ts FOLDER [ordered]
// Started by bench/events.ts. Runs the embedded cloud in a separate process and reports the latencies of its listener.
import { readConfig } from "../config/config.ts";
import { startCloud } from "../local/cloud.ts";
import { basicauth } from "../plugins/basicauth/index.ts";
import { createLatencyPlugin } from "./cases.ts";

const [data, ordered] = process.argv.slice(2);
let latencies: number[] = [];
const config = readConfig({
  plugins: [basicauth(), createLatencyPlugin("bench", ordered === "ordered", (ms) => latencies.push(ms))],
});
const cloud = await startCloud({ config, port: 0, data });
process.send?.({ url: cloud.url });
const sendLatencies = async () => {
  await cloud.drain();
  process.send?.({ latencies });
  latencies = [];
};
process.on("message", () => void sendLatencies());
process.on("disconnect", () => void cloud.close().then(() => process.exit()));
