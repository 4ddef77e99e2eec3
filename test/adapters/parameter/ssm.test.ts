import { afterEach, describe, expect, it } from "@jest/globals";
import { createParameterReader } from "../../../adapters/parameter/ssm.ts";
import { startListeningSsm } from "./listening-ssm.ts";

const NAME = "/kintoun/smtp-password";
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

const opened = async (
  parameters: Record<string, string>,
  { name = NAME, now = () => 0 }: { name?: string; now?: () => number } = {},
) => {
  const ssm = await startListeningSsm(parameters);
  const { read, close } = createParameterReader(name, ssm.client, now);
  closing.push(close, ssm.stop);
  return { ...ssm, read };
};

describe("parameter reader", () => {
  it("requests the decrypted value by name", async () => {
    const { read, requests } = await opened({ [NAME]: "s3cret" });

    expect(await read()).toBe("s3cret");
    expect(requests).toEqual([{ Name: NAME, WithDecryption: true }]);
  });

  it("reads at the first use, and once for concurrent callers", async () => {
    const { read, requests } = await opened({ [NAME]: "s3cret" });
    expect(requests).toEqual([]);

    expect(await Promise.all([read(), read(), read()])).toEqual(["s3cret", "s3cret", "s3cret"]);
    expect(requests).toHaveLength(1);
  });

  it("caches the value for a minute", async () => {
    let time = 0;
    const parameters = { [NAME]: "old" };
    const { read, requests } = await opened(parameters, { now: () => time });
    await read();
    parameters[NAME] = "new";

    time = 59_999;
    expect(await read()).toBe("old");
    time = 60_000;
    expect(await read()).toBe("new");
    expect(requests).toHaveLength(2);
  });

  it("reads a secret of Secrets Manager", async () => {
    const name = "/aws/reference/secretsmanager/mail/password";
    const { read } = await opened({ [name]: "s3cret" }, { name });

    expect(await read()).toBe("s3cret");
  });

  it("says how to create a missing parameter and reads it again the next time", async () => {
    const parameters: Record<string, string> = {};
    const { read } = await opened(parameters);

    await expect(read()).rejects.toThrow(
      `The parameter ${NAME} can't be read: it does not exist. Create it: aws ssm put-parameter --type SecureString --name ${NAME} --value …`,
    );
    parameters[NAME] = "s3cret";
    expect(await read()).toBe("s3cret");
  });

  it("reports a parameter that the role may not read", async () => {
    const { read, refuse } = await opened({ [NAME]: "s3cret" });
    refuse("AccessDeniedException", "not authorized to perform: ssm:GetParameter");

    await expect(read()).rejects.toThrow(
      `The parameter ${NAME} can't be read: not authorized to perform: ssm:GetParameter. Deploy the stack if the parameter was added`,
    );
  });

  it("rejects an empty value", async () => {
    const { read } = await opened({ [NAME]: "" });
    await expect(read()).rejects.toThrow("it has no value");
  });
});
