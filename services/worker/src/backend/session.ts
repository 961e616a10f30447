// One ONNX Runtime session, pixels to probabilities. The only file that imports onnxruntime-node.
import { FEATURE_MAP, PIXELS, PROBABILITIES } from '@synset/models/interface';
import { type Normalization, normalizePixels, toProbabilities } from '@synset/models/normalize';
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { PHOTO_BYTES, SIDE } from './backend.ts';

/** A model that is served as it was exported: what a prepared one has in its graph is done here. */
export interface ExportedGraph {
  readonly input: string;
  readonly output: string;
  readonly normalization: Normalization;
}

export interface SessionOptions {
  readonly path: string;
  readonly threads: number;
  /** Execution providers in order of preference. */
  readonly providers: readonly string[];
  /** Left out for a prepared model. */
  readonly exported?: ExportedGraph | undefined;
}

/** An execution provider that could not be had, and why. */
export interface Skipped {
  readonly provider: string;
  readonly reason: string;
}

export class Session {
  /** Execution providers that the session was made with. */
  readonly providers: readonly string[];
  readonly skipped: readonly Skipped[];
  readonly #session: InferenceSession;
  readonly #exported: ExportedGraph | undefined;

  private constructor(
    session: InferenceSession,
    providers: readonly string[],
    skipped: readonly Skipped[],
    exported: ExportedGraph | undefined,
  ) {
    this.#session = session;
    this.providers = providers;
    this.skipped = skipped;
    this.#exported = exported;
  }

  /** Without the providers that do not load; rejects when none does. */
  static async open(options: SessionOptions): Promise<Session> {
    const skipped = options.providers.filter(isMissing).map((provider) => ({
      provider,
      reason: 'ONNX Runtime has none of this name for this machine',
    }));
    const providers = options.providers.filter((provider) => !isMissing(provider));
    const opened = await openWith(options, providers, skipped);
    return new Session(opened.session, opened.providers, skipped, options.exported);
  }

  /** `pixels`: uint8, [n, 224, 224, 3]. Gives float32, [n, 1000]. */
  async run(pixels: Uint8Array): Promise<Float32Array> {
    const n = pixels.length / PHOTO_BYTES;
    if (!this.#exported) {
      return await this.#run(
        PIXELS,
        new Tensor('uint8', pixels, [n, SIDE, SIDE, 3]),
        PROBABILITIES,
      );
    }
    const { input, output, normalization } = this.#exported;
    const planes = normalizePixels(pixels, normalization);
    const logits = await this.#run(
      input,
      new Tensor('float32', planes, [n, 3, SIDE, SIDE]),
      output,
    );
    return toProbabilities(logits);
  }

  /** As `run`, with the last feature map of a prepared model that explains: [n, channels, 7, 7]. */
  async runWithMap(
    pixels: Uint8Array,
  ): Promise<{ probabilities: Float32Array; map: Float32Array }> {
    const n = pixels.length / PHOTO_BYTES;
    const input = { [PIXELS]: new Tensor('uint8', pixels, [n, SIDE, SIDE, 3]) };
    const output = await this.#session.run(input, [PROBABILITIES, FEATURE_MAP]);
    const [probabilities, map] = [output[PROBABILITIES], output[FEATURE_MAP]];
    return {
      probabilities: probabilities?.data as Float32Array,
      map: map?.data as Float32Array,
    };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  async #run(input: string, tensor: Tensor, output: string): Promise<Float32Array> {
    const outputs = await this.#session.run({ [input]: tensor }, [output]);
    return outputs[output]?.data as Float32Array;
  }
}

/** onnxruntime-node would leave such a one out and say so on the terminal only. */
const isMissing = (provider: string): boolean =>
  !listSupportedBackends().some(({ name }) => name === provider);

async function openWith(options: SessionOptions, providers: string[], skipped: Skipped[]) {
  const failed = (reason: unknown) => {
    const all = skipped.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
    return all ? new Error(`no execution provider is to be had (${all})`) : reason;
  };
  if (providers.length === 0) throw failed(undefined);
  try {
    return { providers, session: await create(options, providers) };
  } catch (error) {
    // Which of them it was is not said, so each is tried by itself.
    const loading = await loadable(options, providers, skipped);
    if (loading.length === providers.length || loading.length === 0) throw failed(error);
    return { providers: loading, session: await create(options, loading) };
  }
}

/** Those that make a session; the others, but not the CPU, go to `skipped`. */
async function loadable(options: SessionOptions, providers: string[], skipped: Skipped[]) {
  const found: string[] = [];
  for (const provider of providers) {
    try {
      if (provider !== 'cpu') await (await create(options, [provider])).release();
      found.push(provider);
    } catch (error) {
      skipped.push({ provider, reason: oneLine(error) });
    }
  }
  return found;
}

function create(
  { path, threads }: SessionOptions,
  providers: readonly string[],
): Promise<InferenceSession> {
  return InferenceSession.create(path, {
    executionProviders: [...providers],
    // Always explicit: the default follows the host's cores, not the container's
    // (microsoft/onnxruntime#29510), and several sessions would share them badly.
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that spin while they wait take the cores from decoding, from the API and from each
    // other: two sessions with two threads each did 41 photos a second on 2 cores, and 68 without.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    executionMode: 'sequential',
    // What goes wrong is thrown; otherwise it would also go to the terminal, beside our log.
    logSeverityLevel: 4,
  });
}

const oneLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).replaceAll(/\s+/g, ' ');
