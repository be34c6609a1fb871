/**
 * The thread of the database. The native driver is synchronous: here it blocks nobody else.
 *
 * Requests run in the order they came, one at a time.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { Connection, type Rows } from "./connection.ts";
import type { Answer, Failure, Request } from "./protocol.ts";

interface WorkerScope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(answer: Answer): void;
}

const scope = globalThis as unknown as WorkerScope;
let connection: Connection | null = null;
let last: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  last = last.then(() => reply(data));
};

async function reply(request: Request): Promise<void> {
  try {
    scope.postMessage({ id: request.id, rows: await act(request) });
  } catch (error) {
    scope.postMessage({ id: request.id, failure: failureOf(error) });
  }
}

async function act(request: Request): Promise<Rows> {
  if (request.op === "open") {
    connection = await Connection.open(request.options);
    return [];
  }
  if (connection === null) throw new Error("Cannot use the database: it is not open");
  switch (request.op) {
    case "read":
      return await connection.read(request.sql, request.args);
    case "execute":
      return await connection.execute(request.sql, request.args);
    case "begin":
      await connection.begin();
      return [];
    case "commit":
      await connection.commit();
      return [];
    case "rollback":
      await connection.rollback();
      return [];
    case "close":
      await connection.close();
      connection = null;
      return [];
  }
}

function failureOf(error: unknown): Failure {
  const code = (error as { code?: unknown } | null)?.code;
  return {
    message: messageOf(error),
    code: typeof code === "string" ? code : "UNKNOWN",
    known: error instanceof AppError,
  };
}
