/**
 * Compressed JSON lines, as the stages hand them to each other; the data layer has the reader and writer.
 *
 * @module
 */
export { readJsonLines, writeJsonLines } from "../../data/json_lines.ts";
