export { runAtStart } from "../../../app/run-at-start.ts";
