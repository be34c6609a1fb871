/**
 * `/openapi.json`, and `/docs`: the same document as a page, made on the server, without any script.
 *
 * @module
 */
import type { HubApp } from "./context.ts";
import { addExample } from "./parameter_examples.ts";
import { docsPage, type OpenApiDocument } from "./docs_page.ts";

/** Adds both routes to `app`. */
export function addDocs(app: HubApp, version: string): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description:
      "A token with a role: viewer reads, operator changes, admin gives out tokens, edge is for edges.",
  });
  let cached: OpenApiDocument | undefined;
  const document = () =>
    cached ??= withExamples(app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "Aisle hub",
        version,
        description:
          "Learns, judges, schedules and remembers. Errors are problem documents (RFC 9457) " +
          "with a stable code and the request's id.",
      },
    }) as unknown as OpenApiDocument);
  app.get("/openapi.json", (c) => c.json(document()));
  app.get("/docs", (c) => {
    c.header(
      "content-security-policy",
      "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    );
    return c.html(docsPage(document()));
  });
}

function withExamples(document: OpenApiDocument): OpenApiDocument {
  for (const operation of Object.values(document.paths).flatMap((p) => Object.values(p))) {
    for (const parameter of operation.parameters ?? []) addExample(parameter);
  }
  return mendNullable(document) as OpenApiDocument;
}

/**
 * References that may be null, as JSON Schema says it: the library writes that a value must fit the reference and be
 * an object or null, which no null does.
 */
function mendNullable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mendNullable);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, mendNullable(member)]);
  const { allOf, ...rest } = Object.fromEntries(members) as { allOf?: unknown };
  const [first, second, ...more] = Array.isArray(allOf) ? allOf : [];
  const nullable = more.length === 0 && "$ref" in (first ?? {}) &&
    JSON.stringify(second) === '{"type":["object","null"]}';
  if (nullable) return { ...rest, anyOf: [first, { type: "null" }] };
  return Object.fromEntries(members);
}
