// What bench/events.ts starts: the embedded cloud in a process of its own, which tells how late its listener was. node bench/events-cloud.ts FOLDER [ordered]
import { readConfig } from "../config/config.ts";
import { startCloud } from "../local/cloud.ts";
import { basicauth } from "../plugins/basicauth/index.ts";
import { createLatencyPlugin } from "./cases.ts";

const [data, ordered] = process.argv.slice(2);
let late: number[] = [];
const config = readConfig({
  plugins: [basicauth(), createLatencyPlugin("bench", ordered === "ordered", (ms) => late.push(ms))],
});
const cloud = await startCloud({ config, port: 0, data });
process.send?.({ url: cloud.url });
const tell = async () => {
  await cloud.drain();
  process.send?.({ late });
  late = [];
};
process.on("message", () => void tell());
process.on("disconnect", () => void cloud.close().then(() => process.exit()));
