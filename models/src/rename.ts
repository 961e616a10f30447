// Frees names in a graph that the preparation wants for itself.
import type { Graph } from './onnx.ts';

/**
 * Gives every tensor and node of the graph that has one of the `wanted` names another one.
 * @param prefix begins the new names and may begin none that the graph has
 * @returns what a tensor is called now
 */
export function freeNames(
  graph: Graph,
  wanted: string[],
  prefix: string,
): (name: string) => string {
  const renamed = (name: string): string =>
    wanted.includes(name) || name.startsWith(prefix) ? `${prefix}was_${name}` : name;
  renameIn(graph, renamed);
  return renamed;
}

function renameIn(graph: Graph, renamed: (name: string) => string): void {
  for (const made of graph.node ?? []) {
    // Nodes too: ONNX Runtime refuses two of one name.
    if (made.name) made.name = renamed(made.name);
    made.input = (made.input ?? []).map(renamed);
    made.output = (made.output ?? []).map(renamed);
    // The branches of If and the bodies of loops see the names around them.
    for (const { g } of made.attribute ?? []) if (g) renameIn(g, renamed);
  }
  const values = [...(graph.input ?? []), ...(graph.output ?? []), ...(graph.valueInfo ?? [])];
  for (const value of [...values, ...(graph.initializer ?? [])]) {
    if (value.name) value.name = renamed(value.name);
  }
}
