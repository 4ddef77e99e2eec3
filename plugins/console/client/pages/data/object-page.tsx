import { useState } from "preact/hooks";
import { Button, Load, Page, Tabs } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { href, navigate } from "../../lib/router.ts";
import { serverInfo } from "../../lib/server-info.ts";
import { useResource } from "../../lib/use-resource.ts";
import { ChildList } from "./child-list.tsx";
import { CreateDialog } from "./create-dialog.tsx";
import { DeleteButton } from "./delete-button.tsx";
import { History } from "./history.tsx";
import { NEW_ID } from "./new-id.ts";
import { ObjectEditor } from "./object-editor.tsx";
import { type Kind, type ObjectRef, type StoredObject, toParent, toParts, toPath } from "./object-ref.ts";
import { PermissionEditor } from "./permission-editor.tsx";
import { RecordPage } from "./record-page.tsx";
import { Records } from "./records.tsx";

const TABS: Readonly<Record<Kind, readonly string[]>> = {
  bucket: ["Collections", "Groups", "Attributes", "Permissions", "History"],
  collection: ["Records", "Attributes", "Permissions", "History"],
  group: ["Members", "Permissions", "History"],
  record: ["Record", "Permissions", "History"],
};

interface ObjectPageProps {
  readonly object: ObjectRef;
  readonly query: URLSearchParams;
}

/** The links to what an object is in. */
const crumbsOf = (object: ObjectRef): { readonly label: string; readonly href: string }[] => {
  const parent = toParent(object);
  if (parent === undefined) return [{ label: "Data", href: href(["data"]) }];
  return [...crumbsOf(parent), { label: parent.id, href: href(["data", ...toParts(parent)]) }];
};

/** An object with what is in it, its permissions and its history. */
export const ObjectPage = ({ object, query }: ObjectPageProps) => {
  const { kind, id } = object;
  // A new record has no id yet, so its place has one that no object can have.
  const isNew = kind === "record" && id === NEW_ID;
  const path = toPath(object);
  const resource = useResource(async (signal) => (isNew ? undefined : api.get<StoredObject>(path, signal)), [path]);
  const [creates, setCreates] = useState<"collection" | "group" | undefined>(undefined);
  const tabs = TABS[kind].map((label) => ({ id: label.toLowerCase(), label }));
  const tab = query.get("tab") ?? tabs[0]?.id ?? "";
  const select = (to: string): void =>
    navigate(href(["data", ...toParts(object)], { tab: to === tabs[0]?.id ? undefined : to }), { replace: true });

  if (isNew)
    return (
      <Page title="New record" crumbs={crumbsOf(object)}>
        <RecordPage object={object} stored={undefined} onSaved={() => {}} />
      </Page>
    );

  const content = (stored: StoredObject) => {
    switch (tab) {
      case "collections":
        return <ChildList kind="collection" parent={object} />;
      case "groups":
        return <ChildList kind="group" parent={object} />;
      case "records":
        return <Records collection={object} data={stored.data} query={query} />;
      case "record":
        return <RecordPage object={object} stored={stored} onSaved={resource.reload} />;
      case "permissions":
        return <PermissionEditor object={object} stored={stored} onSaved={resource.reload} />;
      case "history":
        return <History object={object} stored={stored} onReverted={resource.reload} />;
      default:
        return <ObjectEditor object={object} stored={stored} onSaved={resource.reload} />;
    }
  };
  const actions = (
    <>
      {kind === "collection" && "search" in (serverInfo.value?.capabilities ?? {}) && (
        <Button icon="search" href={href(["search", object.bucket, id])}>
          Search
        </Button>
      )}
      {kind === "collection" && tab === "records" && (
        <Button icon="add" tone="primary" href={href(["data", ...toParts(object), "records", NEW_ID])}>
          New record
        </Button>
      )}
      {kind === "bucket" && (tab === "collections" || tab === "groups") && (
        <Button icon="add" tone="primary" onClick={() => setCreates(tab === "groups" ? "group" : "collection")}>
          {tab === "groups" ? "New group" : "New collection"}
        </Button>
      )}
      {!CHILD_TABS.has(tab) && <DeleteButton object={object} stored={resource.value} />}
    </>
  );
  return (
    <Page title={id} crumbs={crumbsOf(object)} actions={actions}>
      <Tabs label={`Parts of the ${kind}`} tabs={tabs} active={tab} onSelect={select}>
        <Load resource={resource}>
          {(stored) => stored !== undefined && <div key={stored.data.last_modified}>{content(stored)}</div>}
        </Load>
      </Tabs>
      {creates !== undefined && <CreateDialog kind={creates} parent={object} onClose={() => setCreates(undefined)} />}
    </Page>
  );
};

const CHILD_TABS = new Set(["collections", "groups", "records"]);
