/**
 * What crosses a thread's boundary besides plain data, in a browser's workers and in Node's: errors and cancellation. Both sides import
 * this module before they talk.
 *
 * Errors travel as {@link ErrorData} and arrive as MurmurError; an AbortSignal travels as a port and arrives as an AbortSignal that
 * follows the original one.
 */
import { type TransferHandler, transferHandlers } from 'comlink';
import { type ErrorData, fromErrorData, toErrorData } from '../core/errors.ts';

/** comlink wraps whatever a remote call threw in such an object and hands it to the handler called `throw`. */
interface Thrown {
  readonly value: unknown;
}

const comlinkThrow = transferHandlers.get('throw');

const errors: TransferHandler<Thrown, ErrorData> = {
  canHandle: (value): value is Thrown => comlinkThrow?.canHandle(value) === true,
  serialize: ({ value }) => [toErrorData(value), []],
  deserialize: (data) => {
    throw fromErrorData(data);
  },
};

interface SignalData {
  readonly aborted: boolean;
  readonly port: MessagePort;
}

const signals: TransferHandler<AbortSignal, SignalData> = {
  canHandle: (value): value is AbortSignal => value instanceof AbortSignal,
  serialize(signal) {
    const { port1, port2 } = new MessageChannel();
    signal.addEventListener('abort', () => port1.postMessage(null), { once: true });
    return [{ aborted: signal.aborted, port: port2 }, [port2]];
  },
  deserialize({ aborted, port }) {
    const controller = new AbortController();
    if (aborted) controller.abort();
    port.onmessage = () => {
      controller.abort();
      port.close();
    };
    return controller.signal;
  },
};

transferHandlers.set('throw', errors);
transferHandlers.set('signal', signals);
