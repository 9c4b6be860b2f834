import { EventStreamParser, type StreamEvent } from '../event-stream-parser.ts';
import type { ApiClient } from './api-client.ts';

/** A stream that says nothing for so long is dead: the server sends comments every 15 s. */
const SILENCE_MS = 45_000;

/**
 * Reads a stream of events until it ends or is aborted; EventSource cannot send the token in a header.
 * @throws {ApiFailure} the server cannot be reached, or refuses
 */
export async function readEvents(
  client: ApiClient,
  path: string,
  lastId: string,
  signal: AbortSignal,
  onEvent: (event: StreamEvent) => void,
): Promise<void> {
  const response = await client.fetch(path, {
    headers: { Accept: 'text/event-stream', ...(lastId === '' ? {} : { 'Last-Event-ID': lastId }) },
    signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  const parser = new EventStreamParser();
  let timer = 0;
  const watchSilence = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void reader.cancel().catch(() => undefined), SILENCE_MS);
  };
  try {
    for (;;) {
      watchSilence();
      const { done, value } = await reader.read();
      if (done) return;
      for (const event of parser.push(value)) onEvent(event);
    }
  } finally {
    clearTimeout(timer);
  }
}
