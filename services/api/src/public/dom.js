// The few ways in which all parts of the page touch it. Text is only ever set as text.
export const at = (id) => document.getElementById(id);

export const copy = (id) => at(id).content.firstElementChild.cloneNode(true);

export const field = (root, name) => root.querySelector(`[data-f="${name}"]`);

export function write(root, values) {
  for (const [name, text] of Object.entries(values)) field(root, name).textContent = text;
}

/** For screen readers: each line is read once, as it is added. */
export function say(text) {
  const line = document.createElement('p');
  line.textContent = text;
  const lines = at('status');
  lines.append(line);
  while (lines.children.length > 5) lines.firstElementChild.remove();
}
