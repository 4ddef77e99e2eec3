import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { UserError } from "../../config/user-error.ts";

/** The lines of the error that `readConfig` throws for plugins with these resources; none if it accepts them. */
const readIssues = (...all: readonly Readonly<Record<string, unknown>>[]): readonly string[] => {
  const plugins = all.map((resources, index) =>
    definePlugin({ name: `p${index}`, about: "Is a test.", resources: resources as never })(),
  );
  try {
    readConfig({ plugins });
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
  return [];
};
const ABOUT = { about: "Is a test." };
const P = "plugins: p0.resources";

describe("readResources", () => {
  it("accepts resources at the top level, in resources of the store and in each other, in any order", () => {
    const vote = { ...ABOUT, parent: "comment" } as const;
    const plugin = definePlugin({
      ...{ name: "p", about: "Is a test." },
      resources: { vote, comment: { ...ABOUT, parent: "record" }, device: ABOUT },
    });

    const { resources } = readConfig({ plugins: [plugin()] });

    expect(resources.all.map(({ name }) => name).slice(4)).toEqual(["device", "comment", "vote"]);
    expect(readConfig({ plugins: [] }).resources.all).toHaveLength(4);
  });

  it("rejects names that paths or events cannot have", () => {
    const long = "a".repeat(32);
    const invalidName = "must be named by 1 to 31 lower-case letters, digits and underscores, starting with a letter.";
    expect(readIssues({ Device: { ...ABOUT, plural: "devices" } })).toEqual([`${P}.Device: ${invalidName}`]);
    expect(readIssues({ [long]: ABOUT })).toEqual([`${P}.${long}: ${invalidName}`]);
    expect(readIssues({ _x: { ...ABOUT, plural: "x" } })).toEqual([`${P}._x: ${invalidName}`]);
    for (const name of ["user", "root", "constructor", "records", "id"]) {
      expect(readIssues({ [name]: ABOUT })).toEqual([`${P}.${name}: is a reserved name. Choose another name.`]);
    }
  });

  it("rejects duplicate names and plurals", () => {
    expect(readIssues({ record: { ...ABOUT, parent: "bucket" } })).toEqual([
      `${P}.record: the store already has a resource of this name. Rename one.`,
    ]);
    expect(readIssues({ device: ABOUT }, { device: { ...ABOUT, parent: "bucket" } })).toEqual([
      "plugins: p1.resources.device: the plugin 'p0' already has a resource of this name. Rename one.",
    ]);
    expect(readIssues({ club: { ...ABOUT, plural: "groups", parent: "bucket" } })).toEqual([
      `${P}.club.plural: 'groups' is already used by 'group' of the store.`,
    ]);
    expect(readIssues({ club: { ...ABOUT, plural: "groups" } })).toEqual([]);
    expect(readIssues({ box: { ...ABOUT, plural: "Boxes" } })).toEqual([
      `${P}.box.plural: must be 1 to 41 lower-case letters, digits, dashes and underscores, starting with a letter.`,
    ]);
  });

  it("rejects reserved paths", () => {
    expect(readIssues({ permission: ABOUT })).toEqual([
      `${P}.permission.plural: 'permissions' is a reserved path. Choose another name.`,
    ]);
    expect(readIssues({ question: { ...ABOUT, plural: "search", parent: "collection" } })).toEqual([
      `${P}.question.plural: 'search' is a reserved path. Choose another name.`,
    ]);
  });

  it("rejects unknown and circular parents", () => {
    expect(readIssues({ comment: { ...ABOUT, parent: "recrod" } })).toEqual([
      `${P}.comment.parent: there is no resource 'recrod'. Did you mean 'record'?`,
    ]);
    expect(readIssues({ device: ABOUT }, { reading: { ...ABOUT, parent: "device" } })).toEqual([
      "plugins: p1.resources.reading.parent: there is no resource 'device'. There are: bucket, group, collection, record.",
    ]);
    const circular = "is circular. Place one of the resources at the top level or in a resource of the store.";
    expect(readIssues({ a: { ...ABOUT, parent: "b" }, b: { ...ABOUT, parent: "a" }, c: ABOUT })).toEqual([
      `${P}.a.parent: ${circular}`,
      `${P}.b.parent: ${circular}`,
    ]);
  });

  it("rejects missing, unknown and mistyped fields", () => {
    expect(readIssues({ device: {} })).toEqual([`${P}.device.about: must be a sentence.`]);
    expect(readIssues({ device: null })).toEqual([`${P}.device: must be an object, such as { about: "A sensor." }.`]);
    expect(readIssues({ device: { ...ABOUT, scheme: {} } })).toEqual([
      `${P}.device.scheme: is not a known field. Did you mean 'schema'?`,
    ]);
    expect(readIssues({ device: { ...ABOUT, ids: "any", owner: "account:ada" } })).toEqual([
      `${P}.device.ids: must be "chosen" or absent.`,
      `${P}.device.owner: must be a function of the id that returns a principal.`,
    ]);
    expect(readIssues({ device: { ...ABOUT, schema: {} } })).toEqual([
      `${P}.device.schema: must be a Standard Schema, such as one of zod.`,
    ]);
    expect(readIssues({ device: { ...ABOUT, read: "system.Everyone", write: [""] } })).toEqual([
      `${P}.device.read: must be a list of principals, such as ["system.Authenticated"].`,
      `${P}.device.write: must be a list of principals, such as ["system.Authenticated"].`,
    ]);
  });
});
