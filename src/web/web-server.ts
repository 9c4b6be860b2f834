import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono, type Context } from 'hono';
import { EventStream } from './event-stream.ts';
import { addressText, listen, type HostAndPort } from './listen-error.ts';
import { parseJsonBody, readBody } from './request-body.ts';
import { requestProblem, type ServedHosts } from './request-checks.ts';
import { WebProblem, type Route, type WebAnswer, type WebRequest } from './route.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { TokenCheck } from './token-check.ts';
import { WEB_LIMITS, type WebLimits } from './web-limits.ts';

/** What a server answers, and where. */
export interface WebServerOptions {
  readonly address: HostAndPort;
  /** Undefined: nobody needs one. */
  readonly token: string | undefined;
  readonly routes: readonly Route[];
  /** Answers under every name: whoever can reach the address may ask. Default: only under the server's own names. */
  readonly isAnyHost?: boolean;
  readonly limits?: Partial<WebLimits>;
  /** Told about an error of a route that is no WebProblem; the client only gets 500. */
  readonly onFault: (error: unknown) => void;
}

/** A server that listens. */
export interface WebServer {
  /** `http://127.0.0.1:9902/` */
  readonly url: string;
  readonly port: number;
  /** Event streams are ended, answers under way get a second; nothing listens any more when this resolves. */
  close(): Promise<void>;
}

/** Answers under way when a server closes have that long. */
const LAST_ANSWERS_MS = 1000;
const CHECK_MS = 1000;

/**
 * Starts a server.
 * @throws {ListenError}
 */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const running = new RunningServer(options);
  const port = await running.listen();
  const { host } = options.address;
  const url = `http://${addressText({ host: host === '' ? 'localhost' : host, port })}/`;
  return { url, port, close: () => running.close() };
}

type RouteContext = Context<{ Bindings: HttpBindings }>;

class RunningServer {
  readonly #options: WebServerOptions;
  readonly #limits: WebLimits;
  readonly #server: Server;
  readonly #tokens: TokenCheck;
  readonly #streams = new Set<EventStream>();
  #served: ServedHosts;
  #connections = 0;
  #answers = 0;
  #isClosing = false;

  constructor(options: WebServerOptions) {
    this.#options = options;
    this.#limits = { ...WEB_LIMITS, ...options.limits };
    this.#tokens = new TokenCheck(options.token, this.#limits);
    this.#served = {
      host: options.address.host,
      machineNames: [hostname()],
      port: options.address.port,
      isAnyHost: options.isAnyHost === true,
    };
    this.#server = createServer({
      headersTimeout: this.#limits.headersTimeoutMs,
      requestTimeout: this.#limits.requestTimeoutMs,
      keepAliveTimeout: this.#limits.keepAliveMs,
      maxHeaderSize: this.#limits.maxHeaderBytes,
      connectionsCheckingInterval: Math.min(CHECK_MS, this.#limits.headersTimeoutMs),
      // A missing Host is refused like a wrong one.
      requireHostHeader: false,
    });
    this.#server.maxConnections = this.#limits.maxConnections * 2;
    this.#server.timeout = this.#limits.idleMs;
    this.#server.on('connection', (socket) => {
      this.#connections++;
      socket.on('close', () => this.#connections--);
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      answerClientError(error, socket),
    );
    // The name stands in for a header Host that a client of HTTP/1.0 leaves out.
    const answer = getRequestListener(this.#router().fetch, {
      overrideGlobalObjects: false,
      hostname: 'localhost',
    });
    this.#server.on('request', (incoming, outgoing) => this.#request(incoming, outgoing, answer));
  }

  async listen(): Promise<number> {
    const port = await listen(this.#server, this.#options.address);
    this.#served = { ...this.#served, port };
    return port;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const stream of this.#streams) stream.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (this.#answers === 0) this.#server.closeAllConnections();
    const patience = setTimeout(() => this.#server.closeAllConnections(), LAST_ANSWERS_MS);
    await closed;
    clearTimeout(patience);
  }

  /** What is the same for all requests, before anything is looked for. */
  #request(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    answer: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>,
  ): void {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) outgoing.setHeader(name, value);
    if (this.#isClosing) outgoing.setHeader('Connection', 'close');
    this.#answers++;
    outgoing.on('close', () => {
      this.#answers--;
      if (this.#isClosing && this.#answers === 0) this.#server.closeAllConnections();
    });
    const problem =
      this.#connections > this.#limits.maxConnections
        ? new WebProblem(503, 'busy', 'Too many connections', { headers: { 'Retry-After': '1' } })
        : requestProblem(incoming, this.#served);
    if (problem === undefined) {
      void answer(incoming, outgoing);
      return;
    }
    outgoing.setHeader('Connection', 'close');
    incoming.resume();
    sendAnswer(outgoing, problem.answer());
  }

  #router(): Hono<{ Bindings: HttpBindings }> {
    const router = new Hono<{ Bindings: HttpBindings }>();
    const { routes } = this.#options;
    for (const path of new Set(routes.map((route) => route.path))) {
      const here = routes.filter((route) => route.path === path);
      router.all(path, (context) => this.#answer(context, here));
    }
    router.notFound((context) =>
      this.#send(context, () => {
        throw new WebProblem(404, 'not-found', 'There is nothing at this address');
      }),
    );
    router.onError((error, context) => this.#send(context as RouteContext, () => Promise.reject(error)));
    return router;
  }

  #answer(context: RouteContext, routes: readonly Route[]): Promise<Response> {
    return this.#send(context, async () => {
      const { incoming } = context.env;
      const method = incoming.method ?? '';
      const allowed = routes.flatMap((route) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]));
      const headers = { Allow: [...allowed, 'OPTIONS'].join(', ') };
      if (method === 'OPTIONS') return { status: 204, headers };
      const route = routes.find((one) => one.method === (method === 'HEAD' ? 'GET' : method));
      const needsToken = (route ?? routes[0])?.access !== 'everybody';
      const { authorization } = incoming.headers;
      if (needsToken && !this.#tokens.isRight(authorization)) throw await this.#tokens.refusal(authorization);
      if (route === undefined)
        throw new WebProblem(405, 'method-not-allowed', `This address does not know ${method}`, { headers });
      return route.answer(this.#webRequest(context));
    });
  }

  #webRequest(context: RouteContext): WebRequest {
    const { incoming } = context.env;
    const body = (): Promise<Buffer> => readBody(incoming, this.#limits.maxBodyBytes);
    return {
      method: incoming.method ?? '',
      parameter: (name) => context.req.param(name) ?? '',
      query: new URLSearchParams((incoming.url ?? '').split('?', 2)[1] ?? ''),
      header(name) {
        const value = incoming.headers[name.toLowerCase()];
        return typeof value === 'string' ? value : undefined;
      },
      body,
      json: async () => parseJsonBody(await body(), incoming.headers['content-type']),
    };
  }

  /** Sends what `make` makes, or why it could not. */
  async #send(context: RouteContext, make: () => WebAnswer | Promise<WebAnswer>): Promise<Response> {
    const { incoming, outgoing } = context.env;
    let answer: WebAnswer;
    try {
      answer = await make();
      if ('stream' in answer && this.#streams.size >= this.#limits.maxStreams)
        throw new WebProblem(503, 'busy', 'Too many event streams', { headers: { 'Retry-After': '5' } });
    } catch (error) {
      answer = this.#problemOf(error).answer();
    }
    // The client may have gone meanwhile.
    if (outgoing.destroyed || outgoing.headersSent) return RESPONSE_ALREADY_SENT;
    if (!('stream' in answer)) sendAnswer(outgoing, answer);
    else if (incoming.method === 'HEAD') sendAnswer(outgoing, { status: 200 });
    else this.#openStream(outgoing, answer.stream);
    return RESPONSE_ALREADY_SENT;
  }

  #openStream(outgoing: ServerResponse, begin: (stream: EventStream) => void): void {
    const stream = new EventStream(outgoing, this.#limits);
    this.#streams.add(stream);
    stream.onClosed(() => this.#streams.delete(stream));
    if (this.#isClosing) stream.close();
    else begin(stream);
  }

  #problemOf(error: unknown): WebProblem {
    if (error instanceof WebProblem) return error;
    this.#options.onFault(error);
    return new WebProblem(500, 'internal', 'The server has a fault; this request was not done');
  }
}

function sendAnswer(outgoing: ServerResponse, answer: Exclude<WebAnswer, { stream: unknown }>): void {
  const { status, headers = {}, body = '' } = answer;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  outgoing.writeHead(status, {
    ...headers,
    ...(status !== 204 && status !== 304 && { 'Content-Length': bytes.length }),
  });
  outgoing.end(bytes);
}

/** What is no HTTP at all, or comes too slowly: nothing of a request is known. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase, code, message] = clientErrorFacts(error.code);
  const body = JSON.stringify({ code, message });
  const headers = { ...SECURITY_HEADERS, 'Content-Type': 'application/json; charset=utf-8' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\n${lines.join('')}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    // Whoever goes on sending is not waited for.
    () => socket.destroy(),
  );
}

function clientErrorFacts(code: string | undefined): readonly [number, string, string, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'Request Header Fields Too Large', 'too-large', 'The headers are too long'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return [413, 'Payload Too Large', 'too-large', 'The chunk extensions are too long'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'Request Timeout', 'timeout', 'The request took too long'];
    default:
      return [400, 'Bad Request', 'bad-request', 'This is no HTTP request'];
  }
}
