import { createServer, type RequestListener, type Server } from "node:http";
import { UserError } from "../config/problem.ts";
import type { Undo } from "../lib/util/disposables.ts";

export interface Door {
  /** `http://localhost:PORT` */
  readonly root: string;
  /** Lets requests in; those that came before have waited. */
  open(listener: RequestListener): void;
  /** Lets running requests end, for a second at most, and nobody else in. */
  shut(): Promise<void>;
}

/** Takes the port, before anything else is started: the commonest reason not to start is told at once. */
export const takePort = async (port: number, undo: Undo): Promise<Door> => {
  const opened = Promise.withResolvers<RequestListener>();
  const server = createServer(
    { keepAliveTimeout: 60_000 },
    (request, response) => void opened.promise.then((listener) => listener(request, response)),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      const taken = "code" in error && error.code === "EADDRINUSE";
      reject(
        new UserError([
          taken
            ? `Port ${port} is taken. Choose another: --port NUMBER`
            : `Port ${port} can't be used: ${error.message}`,
        ]),
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  undo.add(() => shut(server));
  const address = server.address();
  return {
    root: `http://localhost:${typeof address === "object" && address !== null ? address.port : port}`,
    open: opened.resolve,
    shut: () => shut(server),
  };
};

const shut = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), 1000);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
