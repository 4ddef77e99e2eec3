// Bundles what stdin says, for `bundle-in-process.ts`.
import { json } from "node:stream/consumers";
import { type BundleInput, writeBundles } from "./bundle.ts";

await writeBundles((await json(process.stdin)) as BundleInput);
