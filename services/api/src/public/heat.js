// Why: the map of a category, drawn over the part of the photo that the model saw.
const COLOUR = [255, 60, 0];
const STRONGEST = 0.85;
/** What speaks for it but little shall not veil the photo. */
const CONTRAST = 1.5;

/** Which categories have a map: index to grid. */
export function mapsOf({ explanation }) {
  if (!explanation) return new Map();
  const all = [explanation, ...(explanation.others ?? [])];
  return new Map(all.map(({ category, grid }) => [category, grid]));
}

/** Each number of the grid becomes one pixel; scaling the picture up makes them flow into each other. */
export function drawMap(canvas, grid) {
  const [rows, columns] = [grid.length, grid[0].length];
  const small = document.createElement('canvas');
  small.width = columns;
  small.height = rows;
  const dots = small.getContext('2d');
  const image = dots.createImageData(columns, rows);
  for (const [i, value] of grid.flat().entries())
    image.data.set([...COLOUR, Math.round(255 * STRONGEST * value ** CONTRAST)], 4 * i);
  dots.putImageData(image, 0, 0);
  canvas.width = 32 * columns;
  canvas.height = 32 * rows;
  const pen = canvas.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(small, 0, 0, canvas.width, canvas.height);
}

/** Lays the canvas over `area` of a photo that is shown whole, in the middle of its frame. */
export function layOver(canvas, area, image, frame) {
  const scale = Math.min(frame.width / image.width, frame.height / image.height);
  const share = (pixels, whole) => `${(100 * pixels) / whole}%`;
  const left = (frame.width - scale * image.width) / 2 + scale * area.x;
  const top = (frame.height - scale * image.height) / 2 + scale * area.y;
  Object.assign(canvas.style, {
    left: share(left, frame.width),
    top: share(top, frame.height),
    width: share(scale * area.width, frame.width),
    height: share(scale * area.height, frame.height),
  });
}

/** The map in words: where it is strongest, if anywhere. */
export function whereabouts(grid) {
  const values = grid.flat();
  const most = Math.max(...values);
  if (most <= 0) return '';
  const strongest = values.indexOf(most);
  const third = (i, length) => Math.min(2, Math.floor((3 * i) / length));
  const columns = grid[0].length;
  const row = ['top', '', 'bottom'][third(Math.floor(strongest / columns), grid.length)];
  const column = ['left', '', 'right'][third(strongest % columns, columns)];
  return [row, column].filter(Boolean).join(' ') || 'middle';
}
