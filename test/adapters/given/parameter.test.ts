import { afterEach, describe, expect, it } from "@jest/globals";
import { openParameter } from "../../../adapters/given/parameter.ts";
import { startListeningSsm } from "./listening-ssm.ts";

const NAME = "/kintoun/smtp-password";
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

const opened = async (
  parameters: Record<string, string>,
  { name = NAME, now = () => 0 }: { name?: string; now?: () => number } = {},
) => {
  const ssm = await startListeningSsm(parameters);
  const { read, close } = openParameter(name, ssm.client, now);
  closing.push(close, ssm.stop);
  return { ...ssm, read };
};

describe("a parameter that the operator gives", () => {
  it("is asked for decrypted, by its name alone", async () => {
    const { read, asked } = await opened({ [NAME]: "s3cret" });

    expect(await read()).toBe("s3cret");
    expect(asked).toEqual([{ Name: NAME, WithDecryption: true }]);
  });

  it("is not asked for before its first use, and once by however many wait for it", async () => {
    const { read, asked } = await opened({ [NAME]: "s3cret" });
    expect(asked).toEqual([]);

    expect(await Promise.all([read(), read(), read()])).toEqual(["s3cret", "s3cret", "s3cret"]);
    expect(asked).toHaveLength(1);
  });

  it("is kept for a minute, then asked for again, so that a new one is known", async () => {
    let time = 0;
    const parameters = { [NAME]: "old" };
    const { read, asked } = await opened(parameters, { now: () => time });
    await read();
    parameters[NAME] = "new";

    time = 59_999;
    expect(await read()).toBe("old");
    time = 60_000;
    expect(await read()).toBe("new");
    expect(asked).toHaveLength(2);
  });

  it("may be a secret of Secrets Manager's", async () => {
    const name = "/aws/reference/secretsmanager/mail/password";
    const { read } = await opened({ [name]: "s3cret" }, { name });

    expect(await read()).toBe("s3cret");
  });

  it("that is not there is told by its name, with what makes it, and asked for again the next time", async () => {
    const parameters: Record<string, string> = {};
    const { read } = await opened(parameters);

    await expect(read()).rejects.toThrow(
      `The parameter ${NAME} can't be read: there is none. Make it: aws ssm put-parameter --type SecureString --name ${NAME} --value …`,
    );
    parameters[NAME] = "s3cret";
    expect(await read()).toBe("s3cret");
  });

  it("that the role may not read is told so", async () => {
    const { read, refuse } = await opened({ [NAME]: "s3cret" });
    refuse("AccessDeniedException", "not authorized to perform: ssm:GetParameter");

    await expect(read()).rejects.toThrow(
      `The parameter ${NAME} can't be read: not authorized to perform: ssm:GetParameter. Was the stack deployed since`,
    );
  });

  it("that is empty is none", async () => {
    const { read } = await opened({ [NAME]: "" });
    await expect(read()).rejects.toThrow("it has no value");
  });
});
