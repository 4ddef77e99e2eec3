import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { toError } from "../../lib/util/to-error.ts";
import type { Findings } from "../findings.ts";
import type { FunctionLog } from "../services/monitoring.ts";
import { FunctionError, Instance } from "./instance.ts";

/** Processes of one function at a time, on this machine. */
const MAX_INSTANCES = 3;
/** Lines of the log that are kept. */
const MAX_LOG_LINES = 500;

interface LambdaFunctionOptions {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly folder: string;
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly concurrency: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of compiled code. */
  readonly compileCache: string;
  /** A folder for the temporary files of its processes. */
  readonly temporary: string;
  readonly findings: Findings;
}

/** A function of the template: processes that start when they are needed, as in Lambda. */
export class LambdaFunction {
  readonly options: LambdaFunctionOptions;
  readonly #idle: Instance[] = [];
  readonly #all = new Set<Instance>();
  readonly #waiting: (() => void)[] = [];
  readonly logLines: string[] = [];
  invocations = 0;

  constructor(options: LambdaFunctionOptions) {
    this.options = options;
  }

  /** Invokes the function. Errors and time-outs are findings, and reject with a {@link FunctionError}. */
  async invoke(event: unknown): Promise<unknown> {
    const { logicalId, name, arn, memoryMb, timeoutSeconds, findings } = this.options;
    this.invocations++;
    const instance = await this.#takeInstance();
    try {
      const result = await instance.invoke(
        () => ({
          event,
          context: {
            awsRequestId: randomUUID(),
            functionName: name,
            invokedFunctionArn: arn,
            memoryLimitInMB: String(memoryMb),
            deadline: Date.now() + timeoutSeconds * 1000,
          },
        }),
        timeoutSeconds * 1000,
      );
      this.#idle.push(instance);
      return result;
    } catch (error) {
      const { errorType } = error instanceof FunctionError ? error : { errorType: "Error" };
      const rule = errorType === "Sandbox.Timedout" ? "function-timeout" : "function-error";
      findings.add(rule, logicalId, `${errorType}: ${toError(error).message.slice(0, 1000)}`);
      await instance.stop();
      this.#all.delete(instance);
      throw error;
    } finally {
      this.#waiting.shift()?.();
    }
  }

  /** The latest lines of its log. */
  get log(): FunctionLog {
    return { group: this.options.environment.AWS_LAMBDA_LOG_GROUP_NAME ?? "", lines: this.logLines };
  }

  async #takeInstance(): Promise<Instance> {
    const max = Math.min(MAX_INSTANCES, this.options.concurrency ?? MAX_INSTANCES);
    for (;;) {
      const idle = this.#idle.pop();
      if (idle?.isRunning) return idle;
      if (idle !== undefined) this.#all.delete(idle);
      else if (this.#all.size < max) return this.#startInstance();
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #startInstance(): Instance {
    const { folder, handler, memoryMb, environment, compileCache, temporary } = this.options;
    // Lambda gives each process a /tmp of its own.
    const TMPDIR = join(temporary, String(this.#all.size));
    mkdirSync(TMPDIR, { recursive: true });
    const instance = new Instance({
      folder,
      handler,
      memoryMb,
      compileCache,
      environment: { ...environment, TMPDIR },
      onLine: (line) => {
        this.logLines.push(line);
        if (this.logLines.length > MAX_LOG_LINES) this.logLines.shift();
      },
    });
    this.#all.add(instance);
    return instance;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#all].map((instance) => instance.stop()));
    this.#all.clear();
    this.#idle.length = 0;
  }
}
