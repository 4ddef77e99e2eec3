import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { TooManyBucketsError } from "../../../core/search/aggregation.ts";
import { DocSet } from "./doc-set.ts";
import { Evaluator, SlowSearchError, type TimeCheck } from "./evaluate.ts";
import {
  type IndexPosition,
  isDamage,
  isDiskFull,
  reachedBy,
  UnusableFileError,
  unpackIndexFile,
} from "./index-file.ts";
import { filesOfGeneration, limitFolder, removeIndexFile } from "./index-folder.ts";
import { IndexSegment } from "./index-segment.ts";
import { OpenIndex } from "./open-index.ts";
import { searchSegments } from "./search-segments.ts";
import type { IndexAddress, ThreadCall, ThreadData, ThreadIndex, ThreadReply } from "./thread-calls.ts";
import type { StemWord } from "./vocabulary.ts";

/** Maximum number of documents, with items of nested arrays, of all indexes that are in memory. */
const MAX_OPEN_DOCUMENTS = 1_000_000;

/** Ending of a file while it is being copied. */
const SCRATCH_ENDING = ".copy";

/** The open indexes of a folder. Those that were used last stay in memory. */
export class IndexHost {
  readonly #data: ThreadData;
  readonly #stem: StemWord;
  /** By file, those used last at the end. */
  readonly #open = new Map<string, OpenIndex>();

  constructor(data: ThreadData, stem: StemWord) {
    this.#data = data;
    this.#stem = stem;
    mkdirSync(data.folder, { recursive: true });
  }

  /** Never throws. An index whose call fails is closed, and read from its file by the next call. */
  run(call: ThreadCall): ThreadReply {
    try {
      return this.#run(call);
    } catch (error) {
      if (error instanceof SlowSearchError) return { tooExpensive: error.message };
      if (error instanceof TooManyBucketsError) return { invalid: error.message };
      if (call.call === "apply") this.#close(call.index.file);
      if (isDamage(error)) return this.#replaceDamaged(call);
      if (isDiskFull(error)) return { full: true };
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): void {
    for (const file of [...this.#open.keys()]) this.#close(file);
  }

  #run(call: ThreadCall): ThreadReply {
    switch (call.call) {
      case "locate":
        return { position: this.#use(call.index).position };
      case "reset":
        this.#remove(call.index.file);
        return { position: this.#use(call.index).position };
      case "apply":
        return { position: this.#use(call.index).apply(call.changes) };
      case "pack":
        return { packed: this.#use(call.index).file.pack(this.#scratchFile(call.index)) };
      case "install":
        return { position: this.#install(call) };
      case "search":
        return this.#search(call);
      case "drop":
        for (const file of filesOfGeneration(this.#data.folder, call.generation)) this.#remove(file);
        return { done: true };
    }
  }

  /** Makes the indexes of a call anew. */
  #replaceDamaged(call: ThreadCall): ThreadReply {
    const indexes = call.call === "search" ? call.indexes : "index" in call ? [call.index] : [];
    for (const { file } of indexes) this.#remove(file);
    if (call.call === "search") return { elsewhere: indexes.map((_, n) => n) };
    const [index] = indexes;
    return index === undefined ? { done: true } : { position: this.#use(index).position };
  }

  #search({ indexes, request }: Extract<ThreadCall, { call: "search" }>): ThreadReply {
    const closed = indexes.flatMap(({ file, isFollowed }, n) => (isFollowed || this.#open.has(file) ? [] : [n]));
    if (closed.length > 0) return { elsewhere: closed };
    const open = indexes.map((index) => this.#use(index));
    const positions = open.map(({ position }) => position);
    const elsewhere = positions.flatMap((position, n) => (isReached(position, indexes[n] as ThreadIndex) ? [] : [n]));
    if (elsewhere.length > 0) return { elsewhere };
    const checkTime = timeCheck(this.#data);
    const segments = indexes.map((index, n) => toSegment(open[n] as OpenIndex, index, checkTime));
    const answer = searchSegments(segments, request, checkTime);
    return { answer: { ...answer, reflects: positions.map(({ timestamp }) => timestamp) } };
  }

  /** Returns an open index as its file has it. A file that cannot be used is made anew. */
  #use({ file, generation, definition }: IndexAddress): OpenIndex {
    const present = this.#open.get(file);
    this.#open.delete(file);
    const isUsable = present?.isCurrent === true;
    if (present !== undefined && !isUsable) present.close();
    const index = isUsable && present !== undefined ? present : this.#openFile({ file, generation, definition });
    this.#open.set(file, index);
    this.#limitMemory();
    return index;
  }

  #openFile({ file, generation, definition }: IndexAddress): OpenIndex {
    const path = join(this.#data.folder, file);
    const open = () => OpenIndex.open(path, generation, definition, this.#stem);
    // It may have been removed.
    mkdirSync(this.#data.folder, { recursive: true });
    limitFolder(this.#data.folder, this.#data.maxBytes, [file, ...this.#open.keys()]);
    try {
      return open();
    } catch (error) {
      if (!(error instanceof UnusableFileError)) throw error;
      removeIndexFile(this.#data.folder, file);
      return open();
    }
  }

  #install({ index, packed }: Extract<ThreadCall, { call: "install" }>): IndexPosition {
    const { file, generation, definition } = index;
    const present = this.#use(index).position;
    const scratch = this.#scratchFile(index);
    try {
      unpackIndexFile(scratch, packed);
      const copy = OpenIndex.open(scratch, generation, definition, this.#stem);
      const { position } = copy;
      copy.close();
      if (position.timestamp <= reachedBy(present)) return present;
      this.#remove(file);
      renameSync(scratch, join(this.#data.folder, file));
      return this.#use(index).position;
    } catch {
      return present;
    } finally {
      removeIndexFile(this.#data.folder, `${file}${SCRATCH_ENDING}`);
    }
  }

  #scratchFile({ file }: IndexAddress): string {
    removeIndexFile(this.#data.folder, `${file}${SCRATCH_ENDING}`);
    return join(this.#data.folder, `${file}${SCRATCH_ENDING}`);
  }

  #limitMemory(): void {
    let documents = 0;
    for (const [file, index] of [...this.#open].reverse()) {
      documents += index.size;
      if (documents > MAX_OPEN_DOCUMENTS && index.size < documents) this.#close(file);
    }
  }

  #close(file: string): void {
    this.#open.get(file)?.close();
    this.#open.delete(file);
  }

  #remove(file: string): void {
    this.#close(file);
    removeIndexFile(this.#data.folder, file);
  }
}

const isReached = ({ timestamp, cursor }: IndexPosition, index: ThreadIndex): boolean =>
  cursor === undefined && (index.isFollowed ? timestamp >= index.timestamp : timestamp === index.timestamp);

/** The documents of an index that the user may find, as if it had no others. */
const toSegment = (
  index: OpenIndex,
  { readable, filter }: Pick<ThreadIndex, "readable" | "filter">,
  checkTime: TimeCheck,
): IndexSegment => {
  const ids = readable?.flatMap((id) => index.docOf(id) ?? []);
  const segment = ids === undefined ? new IndexSegment(index) : new IndexSegment(index, DocSet.of(index.size, ids));
  return filter === undefined
    ? segment
    : new IndexSegment(index, new Evaluator(segment, checkTime).evaluate(filter).docs);
};

/** One search must not hold up all others, so it has less time while some wait. */
const timeCheck = ({ timeoutMs, sharedTimeoutMs, waiting }: ThreadData): TimeCheck => {
  const start = performance.now();
  return () => {
    const elapsed = performance.now() - start;
    if (elapsed > timeoutMs) throw new SlowSearchError(`takes longer than ${timeoutMs / 1000} seconds`);
    if (elapsed > sharedTimeoutMs && Atomics.load(waiting, 0) > 0)
      throw new SlowSearchError(`takes longer than ${sharedTimeoutMs / 1000} seconds while others wait`);
  };
};
