export { readJsonLines, writeJsonLines } from "../../data/json_lines.ts";
