import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

type Json = Readonly<Record<string, unknown>>;

/** docs/openapi.yaml, and what it says about answers. */
export class OpenapiFile {
  readonly document: Json;
  readonly #ajv = new Ajv2020({ strict: false });
  readonly #checks = new Map<string, ValidateFunction>();
  /** Operations whose answers were checked: `GET /api/v1 200`. */
  readonly checked = new Set<string>();

  constructor() {
    const text = readFileSync(new URL('../../../docs/openapi.yaml', import.meta.url), 'utf8');
    this.document = parse(text) as Json;
    this.#ajv.addSchema({ $id: 'openapi', ...this.document });
  }

  /** `GET /api/v1/modules/{name}` and so on. */
  get operations(): string[] {
    return Object.entries(this.document['paths'] as Record<string, Json>).flatMap(([path, item]) =>
      ['get', 'put', 'post', 'patch', 'delete'].flatMap((method) =>
        method in item ? `${method.toUpperCase()} ${path}` : [],
      ),
    );
  }

  /** What is wrong with an answer; undefined when it is as the file says. */
  problemOf(operation: string, status: number, contentType: string, body: string): string | undefined {
    const [method = '', path = ''] = operation.split(' ');
    const place = ['paths', path, method.toLowerCase(), 'responses'];
    const responses = this.#at(place) as Record<string, unknown> | undefined;
    if (responses === undefined) return `no operation ${operation}`;
    const key = String(status) in responses ? String(status) : 'default';
    if (!(key in responses)) return `no status ${status}`;
    this.checked.add(`${operation} ${key}`);
    const response = this.#resolved(responses[key] as Json);
    const content = response['content'] as Record<string, Json> | undefined;
    if (content === undefined) return body === '' ? undefined : 'a body where none is said to be';
    const type = contentType.split(';', 1)[0] ?? '';
    if (!(type in content)) return `content of type ${type}`;
    const { schema } = content[type] ?? {};
    return schema === undefined ? undefined : this.problemOfJson(schema as Json, JSON.parse(body));
  }

  /** What is wrong with the data of an event. */
  problemOfEvent(event: string, data: unknown): string | undefined {
    const schema = this.#at(['components', 'schemas', 'Events', 'properties', event]);
    return schema === undefined ? `no event ${event}` : this.problemOfJson(schema as Json, data);
  }

  problemOfJson(schema: Json, value: unknown): string | undefined {
    const key = JSON.stringify(schema);
    // References in the file are to the file.
    const check =
      this.#checks.get(key) ?? this.#ajv.compile(JSON.parse(key.replaceAll('"#/', '"openapi#/')) as Json);
    this.#checks.set(key, check);
    return check(value) ? undefined : this.#ajv.errorsText(check.errors);
  }

  #at(path: readonly string[]): unknown {
    let value: unknown = this.document;
    for (const part of path) value = (value as Json | undefined)?.[part];
    return value;
  }

  #resolved(value: Json): Json {
    const { $ref } = value;
    return typeof $ref === 'string' ? (this.#at($ref.slice(2).split('/')) as Json) : value;
  }
}
