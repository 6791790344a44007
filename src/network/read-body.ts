/** Bodies of answers, read with a limit: a relay is not trusted to stop. */
import { concatBytes } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';

/** The body as it comes; whoever stops early ends the transfer. */
export async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** The body as JSON. @throws MurmurError too-large, bad-input */
export async function readJson(response: Response, maxBytes: number): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of bodyOf(response)) {
    length += part.length;
    if (length > maxBytes) throw new MurmurError('too-large', `the relay's answer has more than ${maxBytes} bytes`);
    parts.push(part);
  }
  const text = new TextDecoder().decode(concatBytes(...parts));
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new MurmurError('bad-input', 'the relay answered something that is not JSON', { cause });
  }
}
