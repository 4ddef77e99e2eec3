import * as z from "zod";
import { UserError } from "../../config/user-error.ts";
import type { WalkPosition } from "../../core/transfer/walk-store.ts";

const count = z.int().min(0);
const checksum = z.string().regex(/^[0-9a-f]{1,64}$/);

const exportState = z.object({
  position: z.custom<WalkPosition>(Array.isArray),
  /** The size of the file up to there. */
  bytes: count,
  /** What was counted of the lists on the way down, by URI. */
  open: z.record(z.string(), z.object({ objects: count, tombstones: count, checksum, tombstone_checksum: checksum })),
  counts: z.object({ objects: count, tombstones: count, versions: count, files: count }),
  /** What is exported. Only a run with the same choice goes on. */
  choice: z.object({ store: z.string(), buckets: z.array(z.string()).readonly().nullable(), secrets: z.boolean() }),
});

/** How far an export is. */
export type ExportState = z.output<typeof exportState>;
export type ExportChoice = ExportState["choice"];

/** Throws if a value is not the state of an export. */
export const parseExportState = (value: unknown): ExportState => exportState.parse(value);

/** Throws a {@link UserError} if the state is of an export of something else: a file has one export. */
export const requireSameChoice = (path: string, begun: ExportChoice, choice: ExportChoice): void => {
  if (describeChoice(begun) === describeChoice(choice)) return;
  throw new UserError([
    `${path} is of an export of ${describeChoice(begun)}, which has not come to its end. This one is of ${describeChoice(choice)}.`,
    "Choose another file, or run the other export to its end, or remove its file and its state.",
  ]);
};

const describeChoice = ({ store, buckets, secrets }: ExportChoice): string =>
  `${store}, ${buckets === null ? "all buckets" : `--bucket ${buckets.join(" --bucket ")}`}, ${secrets ? "with" : "without"} secrets`;
