import { authentication } from "./authentication.ts";
import { config } from "./config.ts";
import { listener } from "./listener.ts";
import type { Part } from "./part.ts";
import { route } from "./route.ts";
import { setup } from "./setup.ts";

/** The parts that a new plugin may have, by the names that `--parts` takes. */
export const PARTS = { listener, route, config, setup, authentication } as const satisfies Readonly<Record<string, Part>>;

export type PartName = keyof typeof PARTS;

export const PART_NAMES = Object.keys(PARTS) as readonly PartName[];
