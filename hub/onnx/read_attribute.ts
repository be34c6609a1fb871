/**
 * Reads one attribute of a node.
 *
 * @module
 */
import { type Field, readFields, readVarints } from "@aisle/shared/bundle";
import type { Attribute, Initializer } from "./graph.ts";
import { bytesOf, integerOf, numberOf, refused, shown, textOf } from "./model_fields.ts";
import { floatsOf, readTensor, type TensorLimits } from "./read_tensor.ts";

/** `AttributeProto.AttributeType` of kinds that are taken. */
const KIND = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const;

/** Name and value of an attribute of the node called `where` in errors. */
export function readAttribute(
  message: Uint8Array,
  where: string,
  limits: TensorLimits,
): [string, Attribute] {
  let name = "", kind: number | undefined, float: number | undefined, int: number | undefined;
  let string: string | undefined, tensor: Initializer | undefined;
  const floats: number[] = [], ints: number[] = [], strings: string[] = [];
  for (const field of readFields(message)) {
    // AttributeProto: 1 name, 2 f, 3 i, 4 s, 5 t, 6 g, 7 floats, 8 ints, 9 strings, 10 tensors, 11 graphs,
    // 13 doc_string, 14 tp, 15 type_protos, 20 type, 21 ref_attr_name, 22 sparse_tensor, 23 sparse_tensors
    switch (field.number) {
      case 1:
        name = textOf(field);
        break;
      case 2:
        float = floatsOf(field)[0];
        break;
      case 3:
        int = integer(integerOf(field));
        break;
      case 4:
        string = textOf(field);
        break;
      case 5:
        tensor = readTensor(bytesOf(field), `attributes of ${where}`, limits);
        break;
      case 7:
        floats.push(...floatsOf(field));
        break;
      case 8:
        for (const value of readVarints(field)) ints.push(integer(value));
        break;
      case 9:
        strings.push(textOf(field));
        break;
      case 13:
        break;
      case 20:
        kind = numberOf(field);
        break;
      default:
        throw refused(`${where} must not have a ${strange(field)} as attribute ${shown(name)}`);
    }
  }
  const value = (): Attribute | undefined => {
    // A scalar that is 0 or empty may be left out of the file: that is protobuf's default.
    switch (kind) {
      case KIND.float:
        return { float: float ?? 0 };
      case KIND.int:
        return int ?? 0;
      case KIND.string:
        return string ?? "";
      case KIND.tensor:
        return tensor && { tensor };
      case KIND.floats:
        return { floats };
      case KIND.ints:
        return ints;
      case KIND.strings:
        return { strings };
    }
  };
  const found = value();
  if (name === "" || found === undefined) {
    throw refused(`${where}: attribute ${shown(name)} must have a name, a known type and a value`);
  }
  return [name, found];
}

/** What the fields that are refused hold. */
function strange({ number }: Field): string {
  if (number === 6 || number === 11) return "subgraph";
  if (number === 22 || number === 23) return "sparse tensor";
  if (number === 10) return "list of tensors";
  return number === 14 || number === 15 ? "type" : `field ${number}`;
}

/**
 * A signed integer. Beyond 2^53 only "as far as it goes" is meant (an end of a slice): held to what a number can say.
 */
function integer(value: bigint): number {
  const signed = BigInt.asIntN(64, value);
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(signed > most ? most : signed < -most ? -most : signed);
}
