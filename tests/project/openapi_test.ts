import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { HTTP_STATUS } from "../../shared/errors.ts";
import type { ApiDocument } from "../../hub/api/client_source.ts";
import { ROUTE_ROLES } from "../../hub/api/roles.ts";
import { emptyDeps, wholeApp } from "../../hub/testing/every_route.ts";

interface Content {
  readonly [media: string]: { readonly schema?: object; readonly example?: unknown };
}
interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: unknown;
  readonly parameters?: readonly { name: string; schema: object; example?: unknown }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { description: string; content?: Content }>>;
}

const document = await (await wholeApp(emptyDeps()).request("/openapi.json", {
  headers: { authorization: "Bearer viewer" },
})).json() as ApiDocument & { openapi: string };
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method,
    path,
    ...operation as unknown as Operation,
  }))
);

/** Pages of the dashboard: routes outside of the API that answer HTML. */
const PAGES = new Set(
  Object.keys(ROUTE_ROLES).filter((route) => !/^\w+ \/(api\/|healthz|metrics$)/.test(route)),
);

/** Compiles schemas of the document; references lead to its components. */
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: "doc", components: document.components ?? {} });
const wrongWith = (schema: object, example: unknown): string | null => {
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"doc#/components/');
  const validate = ajv.compile(JSON.parse(text));
  return validate(example) ? null : ajv.errorsText(validate.errors);
};

Deno.test("every operation has a summary, a tag and examples that fit their own JSON schemas", () => {
  assert.match(document.openapi, /^3\.1/);
  const wrong: string[] = [];
  for (const o of operations) {
    if (!o.summary || !o.tags?.length) wrong.push(`${o.operationId}: no summary or tag`);
    const examples: (readonly [string, object | undefined, unknown])[] = [
      ...(o.parameters ?? []).map((p) => [p.name, p.schema, p.example] as const),
      ...Object.entries(o.requestBody?.content ?? {}).map(([media, c]) =>
        [`body ${media}`, c.schema, c.example] as const
      ),
      ...Object.entries(o.responses).flatMap(([status, r]) =>
        Object.entries(r.content ?? {}).map(([media, c]) =>
          [`${status} ${media}`, c.schema, c.example] as const
        )
      ),
    ];
    for (const [what, schema, example] of examples) {
      const why = example === undefined ? "no example" : wrongWith(schema ?? {}, example);
      if (why !== null) wrong.push(`${o.operationId}, ${what}: ${why}`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("every operation answers one success and its problems, whose codes have that status", () => {
  const wrong: string[] = [];
  for (const o of operations) {
    const statuses = Object.keys(o.responses);
    if (statuses.filter((s) => s.startsWith("2")).length !== 1) wrong.push(`${o.operationId}: 2xx`);
    if (o.security !== undefined && !(statuses.includes("401") && statuses.includes("403"))) {
      wrong.push(`${o.operationId}: 401 and 403`);
    }
    for (const [status, response] of Object.entries(o.responses)) {
      if (status.startsWith("2")) continue;
      const example = response.content?.["application/problem+json"]?.example as
        | { code: keyof typeof HTTP_STATUS }
        | undefined;
      if (example === undefined || String(HTTP_STATUS[example.code]) !== status) {
        wrong.push(`${o.operationId}: ${status}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("every route of the API stands in the document", () => {
  const listed = new Set(operations.map((o) => `${o.method.toUpperCase()} ${o.path}`));
  // MLflow's own reference describes its API; pages, their forms and their files are for browsers.
  const others = /^\w+ \/(api\/2\.0\/|ui\/|assets\/|reports\/|docs$|openapi\.json$)/;
  const missing = Object.keys(ROUTE_ROLES).filter((route) =>
    !listed.has(route) && !others.test(route) && !PAGES.has(route)
  );
  assert.deepEqual(missing, []);
});

Deno.test("no success says that it is a failure: nothing but a job's outcome is called error", () => {
  const wrong = operations.flatMap((o) =>
    Object.entries(o.responses).filter(([status]) => status.startsWith("2")).flatMap(([, r]) =>
      Object.values(r.content ?? {}).flatMap((c) => {
        const properties = Object.keys((c.schema as { properties?: object })?.properties ?? {});
        return properties.filter((name) => /^(error|errors|success|failed|error_code)$/.test(name))
          .map((name) => `${o.operationId}: ${name}`);
      })
    )
  );
  assert.deepEqual(wrong, []);
});
