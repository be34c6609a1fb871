/**
 * Lint rules that keep the layer table true while a file is being typed.
 *
 * @module
 */
import { layerOf, mayImport } from "./layers.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const IMPURE = new Set([
  "Date.now",
  "Math.random",
  "performance.now",
  "crypto.randomUUID",
  "crypto.getRandomValues",
]);

type Importing =
  | Deno.lint.ImportDeclaration
  | Deno.lint.ExportNamedDeclaration
  | Deno.lint.ExportAllDeclaration;

/** `file` relative to the repository root, or unchanged when outside it. */
function relative(file: string): string {
  return file.startsWith(ROOT) ? file.slice(ROOT.length) : file;
}

/** `@aisle/shared/features/encode` to `shared/features/encode`; null for other specifiers. */
function memberPath(specifier: string): string | null {
  return /^@aisle\/((?:shared|hub|edge)\b.*)$/.exec(specifier)?.[1] ?? null;
}

/** `npm:@scope/name@1/sub` or `@scope/name/sub` to `@scope/name`. */
function packageName(specifier: string): string {
  const parts = specifier.replace(/^npm:\/?/, "").split("/");
  const name = parts[0]?.startsWith("@") ? `${parts[0]}/${parts[1]}` : parts[0] ?? "";
  return name.replace(/(?<=.)@[^/]*$/, "");
}

export default {
  name: "aisle",
  rules: {
    "layer-boundary": {
      create(context) {
        const from = relative(context.filename);
        const layer = layerOf(from);
        if (layer === undefined || /_(test|bench)\.tsx?$/.test(from)) return {};
        const check = (node: Importing): void => {
          const spec = node.source?.value;
          if (typeof spec !== "string" || spec.startsWith("node:")) return;
          if (spec.startsWith(".")) {
            const to = relative(
              new URL(spec, `file://${context.filename}`).pathname,
            );
            if (from.split("/")[0] !== to.split("/")[0]) {
              context.report({
                node,
                message: `Cannot reach ${to} by path from ${from}`,
                hint: "import another member by name: @aisle/<member>/<export>",
              });
            } else if (!mayImport(from, to)) {
              context.report({
                node,
                message: `${layer.path} may not import ${to}`,
                hint: "see tests/architecture/layers.ts",
              });
            }
            return;
          }
          const member = memberPath(spec);
          if (member !== null) {
            if (
              !layer.mayImport.some((p) =>
                p.startsWith(member) ||
                member.startsWith(p.replace(/\.ts$/, ""))
              )
            ) {
              context.report({
                node,
                message: `${layer.path} may not import ${member}`,
                hint: "see tests/architecture/layers.ts",
              });
            }
            return;
          }
          const name = packageName(spec);
          if (!(layer.packages ?? []).includes(name)) {
            context.report({
              node,
              message: `${layer.path} may not use the package ${name}`,
              hint: "see tests/architecture/layers.ts",
            });
          }
        };
        return {
          ImportDeclaration: check,
          ExportNamedDeclaration: check,
          ExportAllDeclaration: check,
        };
      },
    },
    "pure-core": {
      create(context) {
        const from = relative(context.filename);
        if (
          layerOf(from)?.kind !== "core" || /_(test|bench)\.tsx?$/.test(from)
        ) return {};
        return {
          MemberExpression(node) {
            if (
              node.object.type !== "Identifier" ||
              node.property.type !== "Identifier"
            ) return;
            const name = `${node.object.name}.${node.property.name}`;
            if (node.object.name === "Deno" || IMPURE.has(name)) {
              context.report({
                node,
                message: `${name} in a core layer`,
                hint: "take the value, clock or generator as a parameter",
              });
            }
          },
          CallExpression(node) {
            if (
              node.callee.type === "Identifier" && node.callee.name === "fetch"
            ) {
              context.report({
                node,
                message: "fetch in a core layer",
                hint: "pass the bytes in",
              });
            }
          },
          NewExpression(node) {
            if (
              node.callee.type === "Identifier" &&
              node.callee.name === "Date" && node.arguments.length === 0
            ) {
              context.report({
                node,
                message: "new Date() in a core layer",
                hint: "pass the time in",
              });
            }
          },
        };
      },
    },
  },
} satisfies Deno.lint.Plugin;
