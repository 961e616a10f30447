// Looks at the live figures of an API, as the page does.
import { type LiveFigures, liveFigures } from '../src/schemas/live.ts';

export interface Viewer {
  /** The next event; null when the stream has ended. Throws for one that the document does not know. */
  next(): Promise<LiveFigures | null>;
  /** Reads on until an event is as wanted. */
  until(wanted: (figures: LiveFigures) => boolean): Promise<LiveFigures>;
  leave(): Promise<void>;
}

export async function view(url: string, headers: Record<string, string> = {}): Promise<Viewer> {
  const response = await fetch(`${url}/live`, { headers });
  const type = response.headers.get('content-type');
  if (type !== 'text/event-stream') throw new Error(`${response.status}: ${await response.text()}`);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  const next = async (): Promise<LiveFigures | null> => {
    const [whole, json] = /^data: (.*)\n\n/m.exec(text) ?? [];
    if (whole !== undefined) {
      text = text.slice(text.indexOf(whole) + whole.length);
      return liveFigures.parse(JSON.parse(json ?? ''));
    }
    const { value, done } = await reader.read();
    if (done) return null;
    text += decoder.decode(value, { stream: true });
    return await next();
  };
  return {
    next,
    async until(wanted) {
      for (;;) {
        const figures = await next();
        if (!figures) throw new Error('the stream has ended');
        if (wanted(figures)) return figures;
      }
    },
    leave: () => reader.cancel(),
  };
}
