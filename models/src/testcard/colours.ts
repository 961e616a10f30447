// The colours that the test card knows, and the categories that it answers with.

export interface Colour {
  /** Index among the 1000 categories. */
  index: number;
  label: string;
  /** The plain colour, 0..255. */
  rgb: readonly [number, number, number];
  /** Edge strength (0..1) that goes with the category; plain pictures have none. */
  edges: number;
}

const entry = (
  index: number,
  label: string,
  rgb: readonly [number, number, number],
  edges = 0,
): Colour => ({ index, label, rgb, edges });

// The first four stand alone in their part of the colour space, so that any red, orange, yellow or
// green goes to them. All centres keep a distance of 60 or more, which the scale of the last layer
// needs to tell them apart.
export const colours: readonly Colour[] = [
  entry(949, 'strawberry', [225, 20, 30]),
  entry(950, 'orange', [255, 150, 0]),
  entry(951, 'lemon', [252, 235, 20]),
  entry(948, 'Granny Smith', [45, 165, 20]),
  entry(579, 'grand piano', [0, 0, 0]),
  entry(366, 'gorilla', [64, 64, 64]),
  entry(147, 'grey whale', [128, 128, 128]),
  entry(760, 'refrigerator', [192, 192, 192]),
  entry(296, 'ice bear', [255, 255, 255]),
  entry(14, 'indigo bunting', [0, 0, 255]),
  entry(400, 'academic gown', [0, 0, 120]),
  entry(608, 'jean', [70, 110, 170]),
  entry(701, 'parachute', [135, 206, 235]),
  entry(929, 'ice lolly', [0, 255, 255]),
  entry(973, 'coral reef', [60, 210, 170]),
  entry(84, 'peacock', [0, 128, 128]),
  entry(936, 'head cabbage', [160, 225, 140]),
  entry(326, 'lycaenid', [130, 110, 230]),
  entry(107, 'jellyfish', [205, 160, 245]),
  entry(952, 'fig', [128, 0, 128]),
  entry(108, 'sea anemone', [255, 0, 255]),
  entry(719, 'piggy bank', [255, 60, 140]),
  entry(130, 'flamingo', [255, 160, 190]),
  entry(112, 'conch', [250, 115, 100]),
  entry(966, 'red wine', [95, 0, 30]),
  entry(294, 'brown bear', [120, 75, 35]),
  entry(930, 'French loaf', [200, 155, 105]),
  entry(961, 'dough', [240, 215, 160]),
  entry(340, 'zebra', [128, 128, 128], 0.6),
];
