/**
 * Endpoints as data: one value gives the route, its validation and its OpenAPI entry.
 *
 * Who may use an endpoint is not said here but in the role table.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { AppError, type ErrorCode, HTTP_STATUS } from "@aisle/shared/errors";
import type { HubApp, HubContext } from "./context.ts";
import { stayInCatalogue } from "./edge_scope.ts";
import { PROBLEM_JSON } from "./problems.ts";
import { type Access, accessOf } from "./roles.ts";

type Shape = z.ZodObject;
type Nothing = z.ZodObject<Record<never, never>>;

/** What an endpoint answers when all is well. */
export interface Answer<A extends z.ZodType> {
  readonly status?: 200 | 201 | 202 | 206;
  readonly description: string;
  readonly schema: A;
  readonly example: z.input<A>;
  /** JSON unless said otherwise. */
  readonly contentType?: string;
}

/** One endpoint. */
export interface Endpoint<
  P extends Shape = Nothing,
  Q extends Shape = Nothing,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  readonly method: "get" | "put" | "post" | "patch" | "delete";
  /** Parameters in braces. */
  readonly path: string;
  /** Name of the operation, which is also the action in the audit. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
  /** Media type of a body of any bytes, which the handler reads by itself. */
  readonly rawBody?: string;
  readonly body?: { readonly schema: B; readonly example: z.input<B>; readonly optional?: boolean };
  readonly answer: Answer<A>;
  /** Whether it starts one job and changes nothing else: it may be done again for the same idempotency key. */
  readonly startsJob?: true;
  /** Whether a change may say which state it expects; see `revisions.ts`. */
  readonly takesRevision?: true;
  /** Errors beyond those that every endpoint has. */
  readonly problems?: readonly ErrorCode[];
  /** Answers with the value (sent as JSON) or with a response of its own. */
  handle(
    input: {
      readonly params: z.output<P>;
      readonly query: z.output<Q>;
      readonly body: z.output<B>;
    },
    c: HubContext,
  ): Promise<z.input<A> | Response>;
}

/** An endpoint with its types forgotten, for lists. */
export type AnyEndpoint = Endpoint<Shape, Shape>;

/** Checks an endpoint's types, then forgets them. */
export function endpoint<
  P extends Shape = Nothing,
  Q extends Shape = Nothing,
  B extends z.ZodType = z.ZodType<undefined>,
  A extends z.ZodType = z.ZodType,
>(definition: Endpoint<P, Q, B, A>): AnyEndpoint {
  return definition as unknown as AnyEndpoint;
}

/** An error as it travels; see `shared/errors.ts` for the codes. */
export const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  requestId: z.string(),
  details: z.unknown().optional(),
}).openapi("Problem");

/** Adds endpoints to `app`. */
export function addEndpoints(app: HubApp, endpoints: readonly AnyEndpoint[]): void {
  for (const e of endpoints) {
    const handler = async (c: HubContext) => {
      const params = e.params ? valid(c, "param") : {};
      const query = e.query ? valid(c, "query") : {};
      const body = e.body ? valid(c, "json") : undefined;
      for (const part of [params, query, body ?? {}]) stayInCatalogue(c, part["catalogue"]);
      const answer = await e.handle({ params, query, body }, c);
      return answer instanceof Response ? answer : c.json(answer, e.answer.status ?? 200);
    };
    // The handler's type is checked by `endpoint`; the route's own would want mutable arrays everywhere.
    app.openapi(routeOf(e), handler as never);
  }
}

/** What the validator of `target` let through. */
function valid(c: HubContext, target: "param" | "query" | "json"): Record<string, unknown> {
  return c.req.valid(target as never);
}

function routeOf(e: AnyEndpoint) {
  const access = accessOf(e.method, e.path);
  return createRoute({
    method: e.method,
    path: e.path,
    operationId: e.id,
    tags: [e.tag],
    summary: e.summary,
    description: [e.description, access === "open" ? "Open to all." : `Role: ${access}.`]
      .filter(Boolean).join(" "),
    ...(access === "open" ? {} : { security: [{ token: [] }] }),
    parameters: headersOf(e, access),
    request: {
      ...(e.params ? { params: e.params } : {}),
      ...(e.query ? { query: e.query } : {}),
      ...(e.body
        ? {
          body: {
            required: !e.body.optional,
            content: { "application/json": { schema: e.body.schema, example: e.body.example } },
          },
        }
        : e.rawBody
        ? {
          body: {
            required: true,
            content: {
              [e.rawBody]: {
                schema: z.string().openapi({ format: "binary" }),
                example: "(bytes)",
              },
            },
          },
        }
        : {}),
    },
    responses: {
      [e.answer.status ?? 200]: {
        description: e.answer.description,
        content: {
          [e.answer.contentType ?? "application/json"]: {
            schema: e.answer.schema,
            example: e.answer.example,
          },
        },
      },
      ...problemsOf(e, access),
    },
  });
}

/** Headers that a request may have, read by middleware and helpers and so not by the validator. */
function headersOf(e: AnyEndpoint, access: Access | undefined) {
  const header = (name: string, description: string, example: string) => ({
    name,
    in: "header" as const,
    required: false,
    description,
    schema: { type: "string" as const },
    example,
  });
  return [
    ...(takesKey(e, access)
      ? [header(
        "Idempotency-Key",
        "The same key again gets the answer of before, for 24 hours; nothing is done twice.",
        "0190b5d2-7f3e-7cc0-b4b5-9f6f2d6a3c11",
      )]
      : []),
    ...(e.takesRevision
      ? [header("If-Match", "The ETag of what was read: refused when it has changed since.", '"4"')]
      : []),
  ];
}

function takesKey(e: AnyEndpoint, access: Access | undefined): boolean {
  return e.method === "post" && access !== "edge" && access !== "open";
}

/** Problem answers by status, each with the codes that it may carry. */
function problemsOf(e: AnyEndpoint, access: Access | undefined) {
  const guarded = access !== "open";
  const codes: ErrorCode[] = [
    ...(e.params || e.query || e.body ? ["input-invalid"] as const : []),
    ...(guarded ? ["unauthenticated", "token-expired", "forbidden"] as const : []),
    ...(e.body ? ["too-large", "unsupported-media-type"] as const : []),
    ...(takesKey(e, access) ? ["key-reused", "outcome-unknown"] as const : []),
    ...(e.problems ?? []),
  ];
  const byStatus = Map.groupBy(codes, (code) => HTTP_STATUS[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, found]) => [status, {
      description: found.map((code) => code.replaceAll("-", " ")).join("; "),
      content: {
        [PROBLEM_JSON]: {
          schema: ProblemSchema,
          example: {
            type: `urn:aisle:error:${found[0]}`,
            title: found[0]!.replaceAll("-", " "),
            status,
            code: found[0],
            detail: "Cannot ...: the rule: current value is ...",
            requestId: "0190b5d2-7f3e-7cc0-b4b5-9f6f2d6a3c11",
          },
        },
      },
    }]),
  );
}

/** Tells what is wrong with a request; given to the app as its validation hook. */
export function refuseInvalid(
  result: { readonly target: string; readonly success: boolean; readonly error?: unknown },
): void {
  if (result.success) return;
  const error = result.error as z.ZodError;
  const where = { json: "the body", query: "the query", param: "the path" }[result.target] ??
    result.target;
  const problems = error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
  throw new AppError("input-invalid", `Cannot read ${where}: ${problems.join("; ")}`, {
    details: problems,
  });
}
