// Metrics as Prometheus reads them.

export const scrape = async (url: string) =>
  samplesOf(await (await fetch(`${url}/metrics`)).text());

/** Values by name and labels, as they stand in the text: `name{label="value"}`. */
export function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line && line[0] !== '#');
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** Scrapes until the sample has the value; the test's time limit bounds it. */
export async function untilSample(url: string, sample: string, value: number | undefined) {
  for (;;) {
    const samples = await scrape(url);
    if (samples.get(sample) === value) return samples;
  }
}
