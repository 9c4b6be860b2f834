import type { ApiDiagnostic, ApiError } from '../../api.ts';

/** The server refused a request, or could not be reached (`status` 0). */
export class ApiFailure extends Error {
  readonly status: number;
  /** Of a script that is wrong. */
  readonly diagnostics: readonly ApiDiagnostic[];

  constructor(status: number, message: string, diagnostics: readonly ApiDiagnostic[] = []) {
    super(message);
    this.status = status;
    this.diagnostics = diagnostics;
  }
}

/** A request below /api/v1. */
export interface ApiCall {
  readonly method?: 'GET' | 'PUT' | 'PATCH' | 'POST';
  /** Sent as JSON, a text as it is. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The HTTP interface with the token of this page. */
export class ApiClient {
  private readonly token: string;

  constructor(token: string) {
    this.token = token;
  }

  /**
   * The answer to a request; `path` is relative to /api/v1.
   * @throws {ApiFailure}
   */
  async fetch(path: string, call: ApiCall = {}): Promise<Response> {
    const { body } = call;
    const headers = new Headers(call.headers);
    headers.set('Authorization', `Bearer ${this.token}`);
    if (body !== undefined)
      headers.set('Content-Type', typeof body === 'string' ? 'text/plain;charset=utf-8' : 'application/json');
    let response: Response;
    try {
      response = await fetch(`/api/v1${path}`, {
        method: call.method ?? 'GET',
        headers,
        body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
        signal: call.signal ?? null,
        cache: 'no-store',
        credentials: 'omit',
      });
    } catch (error) {
      throw new ApiFailure(0, error instanceof Error ? error.message : String(error));
    }
    if (!response.ok) throw await failureOf(response);
    return response;
  }

  /** The answer as JSON. @throws {ApiFailure} */
  async json<Answer>(path: string, call: ApiCall = {}): Promise<Answer> {
    return (await (await this.fetch(path, call)).json()) as Answer;
  }

  /** The answer as text. @throws {ApiFailure} */
  async text(path: string): Promise<string> {
    return (await this.fetch(path)).text();
  }
}

/** A path of the interface below a module. */
export function modulePath(module: string, ...rest: readonly string[]): string {
  return `/modules/${[module, ...rest].map(encodeURIComponent).join('/')}`;
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const body = (await response.json().catch(() => ({}))) as Partial<ApiError>;
  return new ApiFailure(
    response.status,
    body.message ?? `${response.status} ${response.statusText}`,
    body.diagnostics,
  );
}
