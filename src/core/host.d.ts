// What every host of the pure folders has: a tab, a worker, the relay, Node.
// Pure code compiles against ES2023 plus these declarations only, so that it cannot reach the DOM or Node by accident.

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

interface TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare var TextEncoder: { new (): TextEncoder };

interface TextDecoder {
  decode(bytes?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string;
}
declare var TextDecoder: {
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};

interface CryptoKey {
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: { name: string };
  readonly usages: string[];
}

type HostKeyFormat = 'raw' | 'pkcs8' | 'spki';
type HostBytes = ArrayBufferView<ArrayBuffer> | ArrayBuffer;

interface SubtleCrypto {
  digest(algorithm: string, data: HostBytes): Promise<ArrayBuffer>;
  importKey(
    format: HostKeyFormat,
    keyData: HostBytes,
    algorithm: unknown,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey>;
  exportKey(format: HostKeyFormat, key: CryptoKey): Promise<ArrayBuffer>;
  generateKey(algorithm: unknown, extractable: boolean, usages: readonly string[]): Promise<unknown>;
  deriveBits(algorithm: unknown, baseKey: CryptoKey, length: number): Promise<ArrayBuffer>;
  encrypt(algorithm: unknown, key: CryptoKey, data: HostBytes): Promise<ArrayBuffer>;
  decrypt(algorithm: unknown, key: CryptoKey, data: HostBytes): Promise<ArrayBuffer>;
}

declare var crypto: {
  readonly subtle: SubtleCrypto;
  getRandomValues<T extends ArrayBufferView<ArrayBuffer>>(array: T): T;
};

declare var WebAssembly: {
  Module: { new (bytes: Uint8Array<ArrayBuffer>): { readonly kind?: 'module' } };
  Memory: { new (descriptor: { initial: number }): { readonly buffer: ArrayBuffer; grow(pages: number): number } };
  Instance: {
    new (
      module: object,
      imports: Record<string, Record<string, object>>,
    ): { readonly exports: Record<string, unknown> };
  };
};
