/**
 * An operation of the API and words of the command line, as one request.
 *
 * The document that the hub serves says what there is, so that a command line works with the hub that it meets.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { ApiDocument, ApiOperation } from "../api/client_source.ts";
import { nearest } from "../params.ts";

/** An operation with where it is. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly operation: ApiOperation;
}

/** A request, ready to be sent. */
export interface ApiRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Members of a JSON body; null where there is none. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** All operations of `document`, by name. */
export function callsOf(document: ApiDocument): ReadonlyMap<string, ApiCall> {
  return new Map(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) =>
        [operation.operationId, { method: method.toUpperCase(), path, operation }] as const
      )
    ),
  );
}

/** The operation `id`. @throws {AppError} `usage`, with the nearest one that there is */
export function callOf(document: ApiDocument, id: string): ApiCall {
  const calls = callsOf(document), call = calls.get(id);
  if (call !== undefined) return call;
  const near = nearest(id, [...calls.keys()]);
  throw new AppError(
    "usage",
    `The hub has no operation ${id}.${
      near ? ` Did you mean ${near}?` : ""
    } deno task api lists them`,
  );
}

/** Media type of the body; null where the operation takes none. */
export function bodyMediaOf({ operation }: ApiCall): string | null {
  return Object.keys(operation.requestBody?.content ?? {})[0] ?? null;
}

/** Names of the members of the JSON body. */
function membersOf({ operation }: ApiCall): Readonly<Record<string, { readonly type?: unknown }>> {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  return (schema?.["properties"] ?? {}) as Record<string, { type?: unknown }>;
}

/** What the operation takes, for the help: `catalogue= (path)`, and so on. */
export function wordsOf(call: ApiCall): string[] {
  return [
    ...(call.operation.parameters ?? []).filter((p) => p.in !== "header")
      .map((p) => `${p.name}=${p.required ? "" : " (optional)"}`),
    ...Object.keys(membersOf(call)).map((name) => `${name}= (body)`),
  ];
}

/**
 * The request that `words` (`name=value`) make of `call`. What is neither path nor query is a member of the body: a
 * text where the API takes texts, else JSON.
 *
 * @throws {AppError} `usage`
 */
export function requestOf(
  call: ApiCall,
  words: readonly string[],
  body: Readonly<Record<string, unknown>> | null = null,
): ApiRequest {
  const wrong = (why: string) =>
    new AppError(
      "usage",
      `Cannot call ${call.operation.operationId}: ${why}. It takes: ${
        wordsOf(call).join(", ") || "nothing"
      }`,
    );
  const path = new Map<string, string>(), query = new URLSearchParams();
  const members: Record<string, unknown> = {};
  for (const word of words) {
    const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined) throw wrong(`${word} is not name=value`);
    const place = call.operation.parameters?.find((p) => p.name === name && p.in !== "header")?.in;
    if (place === "path") path.set(name, value);
    else if (place === "query") query.append(name, value);
    else if (bodyMediaOf(call) === "application/json") {
      members[name] = memberOf(membersOf(call)[name], value);
    } else throw wrong(`there is no ${name}`);
  }
  const address = call.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = path.get(name);
    if (value === undefined) throw wrong(`${name} is missing`);
    return encodeURIComponent(value);
  });
  const whole = { ...body, ...members };
  const needed = call.operation.requestBody?.required === true;
  return {
    method: call.method,
    path: query.size === 0 ? address : `${address}?${query}`,
    body: body === null && Object.keys(members).length === 0 && !needed ? null : whole,
  };
}

function memberOf(schema: { readonly type?: unknown } | undefined, value: string): unknown {
  if (schema?.type === "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value; // a text after all: the hub says where it wants something else
  }
}
