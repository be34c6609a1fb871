/**
 * Reads queries such as `metrics.f1 > 0.8 and params.text.ngrams = "2-5" order by metrics.f1 desc`.
 *
 * Fields: `metrics.NAME`, `params.NAME`, `tags.NAME`, and attributes by their bare name; a name with odd characters
 * stands in back-quotes or double quotes after the dot. Conditions: `=` `!=` `<` `<=` `>` `>=`, `like` and `ilike`
 * (`%` any characters, `_` one), `in (...)`, `not in (...)`, `is null`, `is not null`, joined by `and`, `or`, `not`
 * and parentheses. MLflow's filters, which know only `and`, are queries of this language.
 *
 * @module
 */
import { type Token, tokensOf } from "./lexer.ts";
import {
  type Comparison,
  type Condition,
  type Entity,
  type FieldName,
  type Literal,
  type OrderKey,
  type Query,
  queryError,
} from "./query.ts";

const ENTITIES: Readonly<Record<string, Entity>> = {
  metrics: "metrics",
  metric: "metrics",
  params: "params",
  param: "params",
  parameters: "params",
  parameter: "params",
  tags: "tags",
  tag: "tags",
  attributes: "attributes",
  attribute: "attributes",
  attr: "attributes",
  run: "attributes",
};
const COMPARISONS: readonly string[] = ["=", "!=", "<", "<=", ">", ">=", "like", "ilike"];
/** Deepest nesting and most conditions: what the database takes, and more than people write. */
const MAX_DEPTH = 40, MAX_CONDITIONS = 200;

/** Reads a whole query, order and all. @throws {AppError} `input-invalid`, naming the position */
export function parseQuery(text: string): Query {
  const parser = new Parser(text);
  const where = parser.startsOrder() || parser.ended() ? null : parser.condition();
  const order = parser.startsOrder() ? parser.orderClause() : [];
  parser.end(order.length > 0 ? "a comma or the end" : "and, or, order by, or the end");
  return { where, order };
}

/** Reads order keys such as `metrics.f1 desc, start_time`. @throws {AppError} `input-invalid` */
export function parseOrder(text: string): OrderKey[] {
  const parser = new Parser(text);
  const order = parser.orderKeys();
  parser.end("asc, desc, a comma or the end");
  return order;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #conditions = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  ended(): boolean {
    return this.#token.kind === "end";
  }

  end(expected: string): void {
    if (!this.ended()) this.#fail(`expected ${expected}`);
  }

  startsOrder(): boolean {
    return this.#isWord("order") && this.#isWord("by", this.#tokens[this.#at + 1]);
  }

  orderClause(): OrderKey[] {
    this.#at += 2;
    return this.orderKeys();
  }

  orderKeys(): OrderKey[] {
    const keys: OrderKey[] = [];
    do {
      const field = this.#field();
      const descending = this.#takeWord("desc");
      if (!descending) this.#takeWord("asc");
      keys.push({ field, descending });
    } while (this.#takeOperator(","));
    return keys;
  }

  condition(depth = 0): Condition {
    return this.#joined("or", () => this.#joined("and", () => this.#unary(depth)));
  }

  #joined(kind: "and" | "or", next: () => Condition): Condition {
    const parts = [next()];
    while (this.#takeWord(kind)) parts.push(next());
    return parts.length === 1 ? parts[0]! : { kind, parts };
  }

  #unary(depth: number): Condition {
    if (depth > MAX_DEPTH) this.#fail(`conditions nest at most ${MAX_DEPTH} deep`);
    if (this.#takeWord("not")) return { kind: "not", part: this.#unary(depth + 1) };
    if (this.#takeOperator("(")) {
      const inner = this.condition(depth + 1);
      if (!this.#takeOperator(")")) this.#fail("expected )");
      return inner;
    }
    if (++this.#conditions > MAX_CONDITIONS) {
      this.#fail(`there are at most ${MAX_CONDITIONS} conditions`);
    }
    return this.#comparison();
  }

  #comparison(): Condition {
    const field = this.#field();
    if (this.#takeWord("is")) {
      const negated = this.#takeWord("not");
      if (!this.#takeWord("null")) this.#fail("expected null");
      const isNull: Condition = { kind: "null", field };
      return negated ? { kind: "not", part: isNull } : isNull;
    }
    const negated = this.#takeWord("not");
    if (this.#takeWord("in")) {
      const found = this.#list(field);
      if (!negated) return found;
      // A row without the field is in no list and outside of none: as with every other comparison.
      return { kind: "and", parts: [{ kind: "not", part: { kind: "null", field } }, not(found)] };
    }
    if (negated) this.#fail("expected in");
    const { text, kind } = this.#token;
    const op = text.toLowerCase();
    if ((kind !== "operator" && kind !== "word") || !COMPARISONS.includes(op)) {
      this.#fail("expected a comparison (=, !=, <, <=, >, >=, like, ilike, in, is null)");
    }
    this.#at++;
    const { position } = this.#token;
    return { kind: "compare", field, op: op as Comparison, value: this.#literal(), position };
  }

  #list(field: FieldName): Condition {
    if (!this.#takeOperator("(")) this.#fail("expected (");
    const { position } = this.#token, values: Literal[] = [];
    do values.push(this.#literal()); while (this.#takeOperator(","));
    if (!this.#takeOperator(")")) this.#fail("expected a comma or )");
    return { kind: "in", field, values, position };
  }

  #literal(): Literal {
    const { kind, text } = this.#token;
    if (kind !== "string" && kind !== "number") {
      this.#fail("expected a number, or a text in quotes");
    }
    this.#at++;
    return kind === "number" ? Number(text) : text;
  }

  #field(): FieldName {
    const { kind, text, position } = this.#token;
    if (kind !== "word" && kind !== "name") this.#fail("expected a field such as metrics.f1");
    this.#at++;
    if (kind === "name") return { entity: "attributes", name: text, position };
    const dot = text.indexOf(".");
    if (dot < 0) return { entity: "attributes", name: text, position };
    const entity = ENTITIES[text.slice(0, dot).toLowerCase()];
    if (entity === undefined) {
      throw queryError(
        position,
        "a name before a dot must be metrics, params, tags or attributes",
        text,
      );
    }
    const rest = text.slice(dot + 1);
    if (rest !== "") return { entity, name: rest, position };
    const next = this.#token;
    const adjoins = next.position === position + text.length;
    if (!adjoins || (next.kind !== "name" && next.kind !== "string") || next.text === "") {
      this.#fail(`expected a name after ${text}`);
    }
    this.#at++;
    return { entity, name: next.text, position };
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  #isWord(word: string, token: Token | undefined = this.#token): boolean {
    return token?.kind === "word" && token.text.toLowerCase() === word;
  }

  #takeWord(word: string): boolean {
    if (!this.#isWord(word)) return false;
    this.#at++;
    return true;
  }

  #takeOperator(operator: string): boolean {
    const { kind, text } = this.#token;
    if (kind !== "operator" || text !== operator) return false;
    this.#at++;
    return true;
  }

  #fail(rule: string): never {
    throw queryError(this.#token.position, rule, this.#token.text);
  }
}

const not = (part: Condition): Condition => ({ kind: "not", part });
