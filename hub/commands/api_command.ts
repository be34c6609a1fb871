/**
 * `api`: any operation of the API by its name.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type { ApiDocument } from "../api/client_source.ts";
import { bodyMediaOf, callOf, callsOf, requestOf } from "./api_request.ts";
import type { Arguments, Command, CommandContext } from "./command.ts";
import { connectHub } from "./hub_client.ts";
import { table } from "./terminal.ts";
import { openRawFile } from "./upload.ts";

/** The members of the JSON file that `--body` names. @throws {AppError} `usage` */
async function readBody(file: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(await new Response(await openRawFile(file)).text());
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("usage", `Cannot read ${file}: it is not JSON: ${messageOf(error)}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new AppError("usage", `Cannot send ${file}: the body must be a JSON object`);
}

/** Writes what came: JSON so that people can read it, all else as it is. */
async function show(response: Response, args: Arguments, context: CommandContext): Promise<void> {
  const out = args.text("out"), type = response.headers.get("content-type") ?? "";
  if (out !== undefined) {
    await Deno.writeFile(out, response.body ?? new Uint8Array());
    return;
  }
  if (type.startsWith("application/json")) {
    return context.terminal.print(JSON.stringify(await response.json(), null, 2));
  }
  const body = response.body ?? ReadableStream.from([]);
  await body.pipeTo(Deno.stdout.writable, { preventClose: true });
}

function list(document: ApiDocument, { terminal }: CommandContext): void {
  const rows = [...callsOf(document)].sort(([a], [b]) => a < b ? -1 : 1);
  terminal.print(
    table(
      ["operation", "request", "does"],
      rows.map((
        [id, { method, path, operation }],
      ) => [id, `${method} ${path}`, operation.summary]),
    ),
  );
}

/** `api`. */
export const API_COMMANDS: readonly Command[] = [{
  name: "api",
  summary: "Calls any operation of the hub's API by its name; without one, lists them.",
  positionals: "[OPERATION name=value...]",
  options: [
    { name: "body", value: "FILE", help: "JSON file with the body, or the bytes of put-blob" },
    { name: "out", value: "FILE", help: "where the answer goes (default: standard output)" },
    { name: "key", value: "KEY", help: "idempotency key of a change" },
    { name: "if-match", value: "TAG", help: "ETag of what was read: refuse when it changed since" },
  ],
  examples: [
    "deno task api",
    "deno task api list-feedback catalogue=demo limit=5",
    'deno task api rename-label catalogue=demo code=10 name="Adult books"',
    "deno task api put-blob --body file.zip",
  ],
  async run(args, context) {
    const [id, ...words] = args.positionals;
    await using client = await connectHub(context);
    const document = await client.json<ApiDocument>("GET", "/openapi.json");
    if (id === undefined) return list(document, context);
    const call = callOf(document, id), file = args.text("body"), media = bodyMediaOf(call);
    const raw = media !== null && media !== "application/json";
    const given = file === undefined || raw ? null : await readBody(file);
    const { method, path, body } = requestOf(call, words, given);
    if (raw && file === undefined) {
      throw new AppError("usage", `Cannot call ${id}: say --body FILE with the bytes to send`);
    }
    const headers = {
      ...(media === null ? {} : { "content-type": media }),
      ...(args.text("key") === undefined ? {} : { "idempotency-key": args.text("key")! }),
      ...(args.text("if-match") === undefined ? {} : { "if-match": args.text("if-match")! }),
    };
    const sent = raw ? await openRawFile(file!) : body === null ? undefined : JSON.stringify(body);
    const init = { method, headers, signal: context.signal };
    await show(
      await client.fetch(path, sent === undefined ? init : { ...init, body: sent }),
      args,
      context,
    );
  },
}];
