/** Finds the sentences of the page in its sources, for the build and for the test that guards them. */

export interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

export const SAYS: ReadonlySet<string> = new Set(["t", "plural", "rich", "said"]);

export const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** The strings an expression may be: `open ? "Open" : "Shut"` has two. */
function literals(node: unknown): Node[] {
  if (!isNode(node)) return [];
  if (node.type === "Literal") return typeof node["value"] === "string" && node["value"] ? [node] : [];
  if (node.type === "ConditionalExpression") return [...literals(node["consequent"]), ...literals(node["alternate"])];
  if (node.type === "LogicalExpression") return [...literals(node["left"]), ...literals(node["right"])];
  return ["ParenthesizedExpression", "TSAsExpression", "TSSatisfiesExpression"].includes(node.type) ? literals(node["expression"]) : [];
}

/** The literals within the sentences of the calls that say something. */
export function sentencesIn(program: unknown): Node[] {
  const found: Node[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    if (!isNode(value)) return;
    const callee = value["callee"];
    if (value.type === "CallExpression" && isNode(callee) && callee.type === "Identifier" && SAYS.has(String(callee["name"]))) {
      const given = value["arguments"] as unknown[];
      found.push(...(callee["name"] === "plural" ? given.slice(1, 3) : given.slice(0, 1)).flatMap(literals));
    }
    Object.values(value).forEach(walk);
  };
  walk(program);
  return [...new Set(found)];
}
