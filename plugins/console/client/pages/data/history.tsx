import { useState } from "preact/hooks";
import { Badge, Button, type Column, EmptyState, Load, Pager, Table, Time, type Tone } from "../../components/index.ts";
import { formatTime } from "../../lib/format.ts";
import { href, navigate } from "../../lib/router.ts";
import { serverInfo } from "../../lib/server-info.ts";
import { usePages } from "../../lib/use-pages.ts";
import { DifferenceList } from "./difference-list.tsx";
import { type ObjectData, type ObjectRef, parseObjectRef, type StoredObject, toParts, toPath } from "./object-ref.ts";
import { describePrincipal } from "./permission-words.ts";
import { RevertDialog } from "./revert-dialog.tsx";

/** A change, as the history has it. */
export interface HistoryEntry {
  readonly id: string;
  readonly last_modified: number;
  readonly action: "create" | "update" | "delete";
  readonly user_id: string | null;
  readonly uri: string;
  readonly resource_name: string;
  readonly target: { readonly data: ObjectData };
}

interface HistoryProps {
  readonly object: ObjectRef;
  readonly stored: StoredObject;
  readonly onReverted: () => void;
}

const PAGE_SIZE = 50;
const TONES: Readonly<Record<HistoryEntry["action"], Tone>> = { create: "good", update: "accent", delete: "bad" };

/** The query for the changes of an object: for buckets and collections also of all that is in them. */
const toQuery = (object: ObjectRef): string => {
  if (object.kind === "bucket") return "";
  return object.kind === "collection"
    ? `&collection_id=${encodeURIComponent(JSON.stringify(object.id))}`
    : `&uri=${encodeURIComponent(toPath(object))}`;
};

/** The changes of an object, and a way back to what it was. */
export const History = (props: HistoryProps) =>
  "history" in (serverInfo.value?.capabilities ?? {}) ? (
    <Changes {...props} />
  ) : (
    <div class="panel">
      <EmptyState title="The store keeps no history">
        <p>
          Add <code>history()</code> to the plugins in kintoun.config.ts. Changes are kept from then on.
        </p>
      </EmptyState>
    </div>
  );

const Changes = ({ object, stored, onReverted }: HistoryProps) => {
  const path = `/buckets/${encodeURIComponent(object.bucket)}/history?_limit=${PAGE_SIZE}${toQuery(object)}`;
  const pages = usePages<HistoryEntry>(path);
  const [revertTo, setRevertTo] = useState<number | undefined>(undefined);
  const isSingle = object.kind === "record" || object.kind === "group";
  const open = ({ uri }: HistoryEntry): void => {
    const parts = uri.split("/").slice(2).map(decodeURIComponent);
    const target = parseObjectRef(parts);
    if (target !== undefined) navigate(href(["data", ...toParts(target)], { tab: "history" }));
  };
  const columns: readonly Column<HistoryEntry>[] = [
    { id: "time", label: "Time", render: ({ last_modified }) => <Time at={last_modified} /> },
    { id: "action", label: "Change", render: ({ action }) => <Badge tone={TONES[action]}>{action}</Badge> },
    ...(isSingle
      ? []
      : [
          {
            id: "object",
            label: "Object",
            render: ({ uri }: HistoryEntry) => (
              <span class="mono">{uri.replace(`/buckets/${object.bucket}`, "") || uri}</span>
            ),
          },
        ]),
    {
      id: "user",
      label: "By",
      render: ({ user_id }) => (
        <span title={user_id ?? ""}>{user_id === null ? "anonymous" : describePrincipal(user_id)}</span>
      ),
    },
    {
      id: "revert",
      label: "Set back",
      render: ({ last_modified }) => (
        <Button small icon="history" onClick={() => setRevertTo(last_modified)}>
          Set back to here
        </Button>
      ),
    },
  ];
  return (
    <Load resource={pages}>
      {({ rows, next }) => (
        <div class="stack">
          {isSingle && rows.length > 0 && <Versions entries={rows} stored={stored} onRevert={setRevertTo} />}
          {rows.length === 0 ? (
            <div class="panel">
              {next === undefined ? (
                <EmptyState title="No changes are kept">
                  <p>Changes from now on appear here.</p>
                </EmptyState>
              ) : (
                <EmptyState title="No change so far">
                  <p>The store has looked through a part of the history. Go on with Next.</p>
                </EmptyState>
              )}
            </div>
          ) : (
            <Table
              label="Changes"
              columns={columns}
              rows={rows}
              keyOf={({ id }) => id}
              {...(!isSingle && { onOpen: open })}
            />
          )}
          <Pager pages={pages} />
          {revertTo !== undefined && (
            <RevertDialog
              object={object}
              at={revertTo}
              onClose={() => setRevertTo(undefined)}
              onDone={() => {
                setRevertTo(undefined);
                pages.reload();
                onReverted();
              }}
            />
          )}
        </div>
      )}
    </Load>
  );
};

interface VersionsProps {
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  readonly stored: StoredObject;
  readonly onRevert: (at: number) => void;
}

/** A slider through the versions of an object. */
const Versions = ({ entries, stored, onRevert }: VersionsProps) => {
  const versions = entries.toReversed();
  const [chosen, choose] = useState(versions.length - 1);
  const index = Math.min(chosen, versions.length - 1);
  const entry = versions[index];
  if (entry === undefined) return null;
  const isNewest = index === versions.length - 1;
  return (
    <section class="panel stack" aria-labelledby="versions">
      <div class="row row-spread">
        <h2 id="versions">
          Version {index + 1} of {versions.length}
        </h2>
        <span class="muted">
          {formatTime(entry.last_modified)} · {entry.action}
        </span>
      </div>
      <input
        type="range"
        aria-label="Version"
        aria-valuetext={`Version ${index + 1} of ${versions.length}, ${formatTime(entry.last_modified)}`}
        min={0}
        max={versions.length - 1}
        value={index}
        disabled={versions.length < 2}
        onInput={(event) => choose(Number(event.currentTarget.value))}
      />
      {isNewest ? (
        <p class="muted">This is the present version. Move the slider to compare earlier ones with it.</p>
      ) : (
        <>
          <DifferenceList before={entry.target.data} after={stored.data} beforeLabel="Then" afterLabel="Now" />
          <div class="row">
            <Button icon="history" onClick={() => onRevert(entry.last_modified)}>
              Set back to this version
            </Button>
          </div>
        </>
      )}
    </section>
  );
};
