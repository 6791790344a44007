/** The host's WebSocket as the relay client opens it; Node 20 has none, and there messages are polled. */
import type { OpenSocket, SocketLike } from './message-stream.ts';

/** @param url absolute, or a path on this page's own origin */
export const openWebSocket: OpenSocket = (url) => {
  const absolute = new URL(url, globalThis.location.href);
  absolute.protocol = absolute.protocol.replace('http', 'ws');
  return new WebSocket(absolute) as SocketLike;
};
