/**
 * Replaces texts that stand for parameters, wherever a template contains them, by references to these parameters.
 * @param parameters the names of the parameters by text
 */
export const insertParameters = (value: unknown, parameters: Readonly<Record<string, string>>): unknown => {
  if (typeof value === "string") return insertIntoText(value, parameters);
  if (Array.isArray(value)) return value.map((one) => insertParameters(one, parameters));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, insertParameters(one, parameters)]));
};

const insertIntoText = (text: string, parameters: Readonly<Record<string, string>>): unknown => {
  const found = Object.keys(parameters).find((one) => text.includes(one));
  if (found === undefined) return text;
  const reference = { Ref: parameters[found] };
  if (text === found) return reference;
  const parts = text
    .split(found)
    .flatMap((part, index) => [
      ...(index === 0 ? [] : [reference]),
      ...(part === "" ? [] : [insertIntoText(part, parameters)]),
    ]);
  return { "Fn::Join": ["", parts] };
};
