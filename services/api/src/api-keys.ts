// The API keys: which are valid, kept only as their SHA-256 digests, and compared in constant time.
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError, describeError } from '@synset/shared';

/** A random key of 16 characters cannot be guessed; what is shorter is a word. */
const MIN_KEY_LENGTH = 16;

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export interface KeySettings {
  readonly API_KEYS: readonly Buffer[];
  readonly API_KEYS_FILE?: string | undefined;
}

export class ApiKeys {
  readonly #settings: KeySettings;
  #digests: readonly Buffer[];

  /** Throws a ConfigError where the file is bad. */
  constructor(settings: KeySettings) {
    this.#settings = settings;
    this.#digests = readDigests(settings);
  }

  /** Reads the file again. Throws where it is bad; then the keys stay as they were. */
  reload(): void {
    this.#digests = readDigests(this.#settings);
  }

  /** How many are valid; where none is set everybody may come in. */
  get count(): number {
    return this.#digests.length;
  }

  /**
   * The digest of a valid key, or null. How long it takes tells nothing of the valid ones: whole
   * digests are compared, and all of them, whichever fits.
   */
  find(key: string): string | null {
    const digest = sha256(key);
    let valid = 0;
    for (const known of this.#digests) valid |= Number(timingSafeEqual(digest, known));
    const text = digest.toString('hex'); // for a wrong one too: it takes time
    return valid === 1 ? text : null;
  }
}

function readDigests({ API_KEYS, API_KEYS_FILE }: KeySettings): Buffer[] {
  return API_KEYS_FILE ? [...API_KEYS, ...readFile(API_KEYS_FILE)] : [...API_KEYS];
}

function readFile(file: string): Buffer[] {
  try {
    // A comment keeps its line, so that errors count the lines as an editor does.
    const lines = readFileSync(file, 'utf8').split(/\r?\n/);
    return parseKeys(lines.map((line) => line.replace(/^\s*#.*$/, '')));
  } catch (error) {
    throw new ConfigError(`bad setting: API_KEYS_FILE: ${describeError(error)}`);
  }
}

/**
 * Digests of keys, one in each text, that is the key or `sha256:` with its digest. The errors count
 * the texts and never show one.
 */
export function parseKeys(texts: readonly string[]): Buffer[] {
  const digests = texts.flatMap((text, i) => {
    const entry = text.trim();
    return entry === '' ? [] : [toDigest(entry, `key ${i + 1}`)];
  });
  // Whoever names keys wants no open service.
  if (digests.length === 0) throw new Error('holds no key');
  return digests;
}

function toDigest(entry: string, name: string): Buffer {
  const [, hex] = /^sha256:(.*)$/.exec(entry) ?? [];
  if (hex !== undefined) {
    if (/^[\da-f]{64}$/i.test(hex)) return Buffer.from(hex, 'hex');
    throw new Error(`${name} must have 64 hexadecimal digits after sha256:`);
  }
  if (!/^[\x21-\x7e]+$/.test(entry)) {
    throw new Error(`${name} may hold visible ASCII characters only`);
  }
  if (entry.length < MIN_KEY_LENGTH) {
    throw new Error(`${name} must have at least ${MIN_KEY_LENGTH} characters`);
  }
  return sha256(entry);
}
