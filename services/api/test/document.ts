// Holds every answer of an API under test to its own OpenAPI document.
import type { Server, ServerResponse } from 'node:http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Api } from '../src/app.ts';

/** Assets of the two pages: for browsers, not for programs. */
const UNDOCUMENTED = /^\/(assets|docs)(\/|$)/;

interface Media {
  readonly schema?: object;
  readonly examples?: Record<string, { readonly value: unknown }>;
}

interface Answer {
  readonly description: string;
  readonly content?: Record<string, Media>;
}

export interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<string, Answer>;
}

export interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
}

export class DocumentCheck {
  readonly document: Document;
  readonly #ajv = new Ajv2020({ strict: false, validateSchema: false, validateFormats: false });
  readonly #paths: [RegExp, string][];

  constructor(document: Document) {
    this.document = document;
    this.#ajv.addSchema(document, 'document');
    const segments = (path: string) => path.replace(/\{[^}]+\}/g, '[^/]+');
    this.#paths = Object.keys(document.paths).map((path) => [
      new RegExp(`^${segments(path)}$`),
      path,
    ]);
  }

  /** What is wrong with a value by the schema at this place of the document, or null. */
  problemWith(value: unknown, ...place: string[]): string | null {
    const pointer = place.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'));
    const $ref = `document#/${pointer.map(encodeURIComponent).join('/')}`;
    const key = $ref;
    if (!this.#ajv.getSchema(key)) this.#ajv.addSchema({ $ref }, key);
    const validate = this.#ajv.compile({ $ref });
    return validate(value) ? null : this.#ajv.errorsText(validate.errors);
  }

  /** What the document does not say of an answer, or null. */
  undocumented(method: string, url: string, answer: Sent): string | null {
    const path = this.#pathOf(url.split('?', 1)[0] ?? '/');
    // What a browser asks before another site's page may ask is no operation.
    if (UNDOCUMENTED.test(url) || (method === 'OPTIONS' && answer.status === 204)) return null;
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = path && this.document.paths[path]?.[verb];
    if (!path || !operation) return isElsewhere(answer) ? null : 'no such route';
    const place = ['paths', path, verb, 'responses', `${answer.status}`];
    const documented = operation.responses[answer.status];
    if (!documented) return 'no such status';
    if (method === 'HEAD') return null;
    const { content } = documented;
    if (!content) return answer.body.length === 0 ? null : 'a body that is not there';
    const type = answer.type.split(';', 1)[0] ?? '';
    if (!content[type]) return `no such content type: ${type}`;
    if (!type.endsWith('json')) return null;
    const body = JSON.parse(answer.body.toString());
    return this.problemWith(body, ...place, 'content', type, 'schema');
  }

  #pathOf(path: string): string | undefined {
    return this.#paths.find(([pattern]) => pattern.test(path))?.[1];
  }
}

interface Sent {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** What the document says of all paths that it does not name. */
const isElsewhere = ({ status }: Sent): boolean => [404, 405, 503, 401, 429].includes(status);

/** Gives to `report` what is undocumented of all that the API answers. */
export function watchAnswers({ app }: Api, report: (what: string) => void): void {
  let check: DocumentCheck | undefined;
  const judge = (method: string, url: string, sent: Sent) => {
    try {
      check ??= new DocumentCheck(app.swagger() as unknown as Document);
      return check.undocumented(method, url, sent);
    } catch (error) {
      return `${error}`;
    }
  };
  (app.server as Server).prependListener('request', (request, response) => {
    const { method = '', url = '' } = request;
    onSent(response, (sent) => {
      const what = judge(method, url, sent);
      if (what) report(`${method} ${url}: ${sent.status} ${sent.body.subarray(0, 300)}: ${what}`);
    });
  });
}

function onSent(response: ServerResponse, done: (sent: Sent) => void): void {
  const chunks: Buffer[] = [];
  let type = '';
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  before(response, 'writeHead', (_status, headers = {}) => {
    type = `${(headers as Record<string, unknown>)['content-type'] ?? ''}`;
  });
  before(response, 'write', keep);
  before(response, 'end', (chunk) => {
    keep(chunk);
    done({ status: response.statusCode, type, body: Buffer.concat(chunks) });
  });
}

/** Looks at the arguments of a method before it runs. */
function before(
  response: ServerResponse,
  name: 'writeHead' | 'write' | 'end',
  look: (...args: unknown[]) => void,
): void {
  const method = response[name] as (...args: unknown[]) => unknown;
  const looked = (...args: unknown[]) => {
    look(...args);
    return method.apply(response, args);
  };
  Object.assign(response, { [name]: looked });
}
