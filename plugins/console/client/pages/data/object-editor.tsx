import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import {
  Button,
  describeJsonError,
  ErrorNote,
  Form,
  JsonEditor,
  type JsonSchema,
  Tabs,
} from "../../components/index.ts";
import { ApiError, api } from "../../lib/api.ts";
import { mayBeRounded, printExactJson, readJson } from "../../lib/exact-json.ts";
import { setEdited } from "../../lib/router.ts";
import { showToast } from "../../lib/toasts.ts";
import { inferSchema } from "./columns.ts";
import { type ObjectRef, type StoredObject, toPath } from "./object-ref.ts";
import { toWritable, writeBack } from "./restore.ts";

type Fields = Readonly<Record<string, unknown>>;

interface ObjectEditorProps {
  readonly object: ObjectRef;
  /** Undefined for an object that is to be created. */
  readonly stored: StoredObject | undefined;
  /** What the object should be like. */
  readonly schema?: JsonSchema | undefined;
  readonly onSaved: () => void;
  /** Creates the object instead of replacing it. */
  readonly onCreate?: (data: Fields) => Promise<void>;
  readonly children?: ComponentChildren;
}

/** Groups have members, whatever else they have. */
const GROUP_SCHEMA: JsonSchema = {
  properties: {
    members: {
      type: "array",
      title: "Members",
      description: 'User ids, such as "account:ada". "system.Everyone" is not one.',
    },
  },
};

/** Edits the data of an object, as a form or as JSON. */
export const ObjectEditor = ({ object, stored, schema, onSaved, onCreate }: ObjectEditorProps) => {
  const [draft, setDraft] = useState<Fields>(() => (stored === undefined ? {} : toWritable(object, stored.data)));
  const [text, setText] = useState(() => printExactJson(draft, 2));
  const shape = schema ?? (object.kind === "group" ? GROUP_SCHEMA : object.kind === "record" ? inferSchema(draft) : {});
  const [formSchema] = useState(() => withOtherFields(shape, draft));
  const hasForm = Object.keys(formSchema.properties ?? {}).length > 0;
  const [mode, setMode] = useState(
    hasForm && object.kind !== "bucket" && object.kind !== "collection" ? "form" : "json",
  );
  const [error, setError] = useState<unknown>(undefined);
  const read = readJson(text);
  const [original] = useState(text);
  const isEdited = (mode === "form" ? printExactJson(draft, 2) : text) !== original;
  useEffect(() => {
    setEdited(isEdited);
    return () => setEdited(false);
  }, [isEdited]);

  const save = async (data: Fields, etag = stored?.data.last_modified): Promise<void> => {
    setError(undefined);
    try {
      setEdited(false);
      if (onCreate !== undefined) return await onCreate(data);
      const saved = await api.send<StoredObject>("PUT", toPath(object), { data }, { "If-Match": `"${etag}"` });
      onSaved();
      const before = stored?.data;
      showToast("Saved.", {
        ...(before !== undefined && {
          action: { label: "Undo", run: () => void writeBack(object, before, saved.data.last_modified, onSaved) },
        }),
      });
    } catch (failure) {
      setEdited(isEdited);
      setError(failure);
    }
  };
  const switchTo = (next: string): void => {
    setError(undefined);
    if (next === "json") setText(printExactJson(draft, 2));
    else if ("error" in read) {
      setError(new Error(`${describeJsonError(read.error)} Mend it before you go on with the form.`));
      return;
    } else setDraft(read.value as Fields);
    setMode(next);
  };
  const note = error !== undefined && (
    <SaveError
      object={object}
      error={error}
      onReload={onSaved}
      onOverwrite={(etag) => save(mode === "form" ? draft : currentJson(read), etag)}
    />
  );
  if (mayBeRounded(stored?.data))
    return (
      <div class="note note-warning" role="alert">
        <strong>This browser would change large integers.</strong>
        <span>It rounds numbers of 16 digits and more. Update it to edit this {object.kind}.</span>
      </div>
    );
  return (
    <div class="stack editor-page">
      {hasForm && (
        <Tabs
          label="Ways to edit"
          tabs={[
            { id: "form", label: "Form" },
            { id: "json", label: "JSON" },
          ]}
          active={mode}
          onSelect={switchTo}
        />
      )}
      {mode === "form" ? (
        <>
          <Form
            schema={formSchema}
            value={draft}
            onChange={setDraft}
            onSubmit={(value) => save(value)}
            submitLabel={stored === undefined ? "Create" : "Save"}
            errors={findFieldErrors(error)}
          />
          {note}
        </>
      ) : (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if ("value" in read) void save(currentJson(read));
          }}
        >
          <JsonEditor label={`Data of the ${object.kind}`} hideLabel rows={20} value={text} onInput={setText} />
          {note}
          <div class="row">
            <Button type="submit" tone="primary" disabled={!("value" in read)}>
              {stored === undefined ? "Create" : "Save"}
            </Button>
          </div>
        </form>
      )}
    </div>
  );
};

const currentJson = (read: ReturnType<typeof readJson>): Fields => ("value" in read ? (read.value as Fields) : {});

/** Adds the fields that the object has, but its schema does not name. */
const withOtherFields = (schema: JsonSchema, data: Fields): JsonSchema => ({
  ...schema,
  properties: {
    ...schema.properties,
    ...Object.fromEntries(
      Object.entries(inferSchema(data).properties ?? {}).filter(
        ([name]) => !Object.hasOwn(schema.properties ?? {}, name) && name !== "attachment",
      ),
    ),
  },
});

/** What the store says about single fields. */
const findFieldErrors = (error: unknown): Readonly<Record<string, string>> => {
  if (!(error instanceof ApiError) || !Array.isArray(error.body.details)) return {};
  return Object.fromEntries(
    (error.body.details as readonly { readonly name?: unknown; readonly description?: unknown }[]).flatMap(
      ({ name, description }) =>
        typeof name === "string" && typeof description === "string" ? [[name.replace(/^data\./, ""), description]] : [],
    ),
  );
};

interface SaveErrorProps {
  readonly object: ObjectRef;
  readonly error: unknown;
  readonly onReload: () => void;
  readonly onOverwrite: (etag: number) => Promise<void>;
}

/** Says why the object was not saved. After a conflict the user decides. */
const SaveError = ({ object, error, onReload, onOverwrite }: SaveErrorProps) => {
  if (!(error instanceof ApiError) || error.status !== 412) return <ErrorNote error={error} />;
  const overwrite = async (): Promise<void> => {
    const { data } = await api.get<StoredObject>(toPath(object));
    await onOverwrite(data.last_modified);
  };
  return (
    <div class="note note-warning" role="alert">
      <strong>The {object.kind} was changed since you have loaded it.</strong>
      <span>Your edits are still here, but not saved. Look at the stored version first, or replace it by yours.</span>
      <div class="row">
        <Button small icon="reload" onClick={onReload}>
          Discard my edits and load it
        </Button>
        <Button small tone="danger" onClick={() => void overwrite()}>
          Replace it by mine
        </Button>
      </div>
    </div>
  );
};
