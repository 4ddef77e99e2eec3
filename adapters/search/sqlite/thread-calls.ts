import type { IndexDefinition, SearchAnswer } from "../../../core/ports/search-engine.ts";
import type { Clause } from "../../../core/search/clause.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import type { IndexPosition } from "./index-file.ts";
import type { IndexChanges } from "./open-index.ts";

/** Which index a call is about. */
export interface IndexAddress {
  /** The name of its file, without the folder. */
  readonly file: string;
  readonly generation: string;
  readonly definition: IndexDefinition;
}

/** An index that is searched, and the documents that the search may find. */
export interface ThreadIndex extends IndexAddress {
  /** The list timestamp that the index must have reached. */
  readonly timestamp: number;
  /** Whether the caller has followed it. Then it is opened if necessary, and may have reached a later timestamp. */
  readonly isFollowed: boolean;
  readonly readable: readonly string[] | undefined;
  readonly filter: Clause | undefined;
}

/** What the index thread is asked for. It handles one call at a time. */
export type ThreadCall =
  /** Where an index is. Opens or makes its file. */
  | { readonly call: "locate"; readonly index: IndexAddress }
  /** Makes an index anew. */
  | { readonly call: "reset"; readonly index: IndexAddress }
  | { readonly call: "apply"; readonly index: IndexAddress; readonly changes: IndexChanges }
  /** Copies an index. */
  | { readonly call: "pack"; readonly index: IndexAddress }
  /** Replaces an index by a copy, unless the copy is older or cannot be used. */
  | { readonly call: "install"; readonly index: IndexAddress; readonly packed: Uint8Array }
  | { readonly call: "search"; readonly indexes: readonly ThreadIndex[]; readonly request: SearchRequest }
  /** Deletes all indexes of a generation. */
  | { readonly call: "drop"; readonly generation: string };

/** What the thread answers, or why it could not. */
export type ThreadReply =
  | { readonly position: IndexPosition }
  | { readonly packed: Uint8Array }
  | { readonly answer: SearchAnswer }
  /** Positions of indexes that are not at the timestamp of a search, or not open. */
  | { readonly elsewhere: readonly number[] }
  | { readonly done: true }
  /** Goes on: "The search …". */
  | { readonly tooExpensive: string }
  /** The request has too many buckets. */
  | { readonly invalid: string }
  /** There is no room for a larger file. */
  | { readonly full: true }
  | { readonly error: string };

/** What the thread sends when it can take calls. */
export const THREAD_READY = "ready";

/** What the index thread is started with. */
export interface ThreadData {
  readonly folder: string;
  /** Maximum size of the files in the folder. */
  readonly maxBytes: number;
  /** Time after which a search ends by itself. */
  readonly timeoutMs: number;
  /** The same while others wait. */
  readonly sharedTimeoutMs: number;
  /** Number of calls that wait for the thread, in shared memory. */
  readonly waiting: Int32Array;
}
