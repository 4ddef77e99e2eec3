import { action } from "./action.ts";
import { authentication } from "./authentication.ts";
import { command } from "./command.ts";
import { config } from "./config.ts";
import { filter } from "./filter.ts";
import { hook } from "./hook.ts";
import { hookPoint } from "./hook-point.ts";
import { inbound } from "./inbound.ts";
import { indexPart } from "./index-part.ts";
import { interfacePart } from "./interface.ts";
import { listener } from "./listener.ts";
import type { Part } from "./part.ts";
import { publisher } from "./publisher.ts";
import { renderer } from "./renderer.ts";
import { resource } from "./resource.ts";
import { route } from "./route.ts";
import { schedule } from "./schedule.ts";
import { setup } from "./setup.ts";

/** The parts of a new plugin, by the names that `--parts` accepts. */
export const PARTS = {
  listener,
  route,
  config,
  setup,
  resource,
  hook,
  authentication,
  renderer,
  filter,
  action,
  schedule,
  inbound,
  publisher,
  interface: interfacePart,
  "hook-point": hookPoint,
  index: indexPart,
  command,
} as const satisfies Readonly<Record<string, Part>>;

export type PartName = keyof typeof PARTS;

export const PART_NAMES = Object.keys(PARTS) as readonly PartName[];
