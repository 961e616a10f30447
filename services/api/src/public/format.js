// Numbers and sizes as people read them. The templates of the answer without JavaScript say them alike.
export const percent = (score) =>
  score > 0 && score < 0.001 ? '<0.1%' : `${(score * 100).toFixed(1)}%`;

export const ms = (value) =>
  typeof value !== 'number' ? '–' : `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1048576) return `${Math.round(bytes / 1024)} KiB`;
  // Rounded up, so that a file just over the limit never reads as if it were within it.
  return `${(Math.ceil(bytes / 104857.6) / 10).toFixed(1)} MiB`;
}

export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
