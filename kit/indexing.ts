import type { JsonObject } from "../core/json.ts";
import { defineInterface } from "./interface.ts";
import type { Places } from "./places.ts";
import type { Tools } from "./tools.ts";

/** What is found of some records by full text, where it is not the records as they stand. */
export interface IndexDefinition<Config, Services> extends Places<Config> {
  /** One sentence. */
  readonly about: string;
  /** What to index of a record, or of what the index before made of it; `null` leaves it out. */
  readonly document: (document: JsonObject, tools: Tools<Config, Services>) => JsonObject | null | Promise<JsonObject | null>;
}

/** A record on its way into an index. */
export interface Indexed {
  readonly bucket_id: string;
  readonly collection_id: string;
  readonly document: JsonObject | null;
}

/** What all plugins' `indexes` are to whoever keeps one. */
export const indexing = defineInterface<{ document: (indexed: Indexed) => Promise<Indexed> }>("indexing");
