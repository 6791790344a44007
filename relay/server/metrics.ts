/** What an operator watches, in the Prometheus text format (version 0.0.4). */
import type { RelayEvent } from '../core/types.ts';
import type { RelayCore } from '../core/relay-core.ts';

export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #events = new Map<RelayEvent['kind'], number>();
  bytesIn = 0;
  bytesOut = 0;
  messages = 0;
  records = 0;
  streams = 0;
  droppedStreams = 0;

  request(method: string, status: number): void {
    const key = `method="${/^[A-Z]{1,10}$/.test(method) ? method : 'other'}",status="${status}"`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  event(event: RelayEvent): void {
    this.#events.set(event.kind, (this.#events.get(event.kind) ?? 0) + 1);
    if (event.kind === 'batch') this.records += event.records;
  }

  async text(core: RelayCore, gasUsed: bigint | undefined): Promise<string> {
    const { blobs, sizeBytes } = await core.store.blobTotals();
    const { tasks, queued } = core.load;
    const count = (kind: RelayEvent['kind']) => this.#events.get(kind) ?? 0;
    const lines: string[] = [];
    const put = (
      name: string,
      type: 'counter' | 'gauge',
      help: string,
      ...values: readonly (readonly [string, number | bigint])[]
    ) => {
      lines.push(`# HELP murmur_relay_${name} ${help}`, `# TYPE murmur_relay_${name} ${type}`);
      for (const [labels, value] of values)
        lines.push(`murmur_relay_${name}${labels === '' ? '' : `{${labels}}`} ${value}`);
    };
    put('requests_total', 'counter', 'HTTP requests by method and status', ...this.#requests);
    put('received_bytes_total', 'counter', 'bytes of blobs and messages received', ['', this.bytesIn]);
    put('sent_bytes_total', 'counter', 'bytes of blobs and messages sent', ['', this.bytesOut]);
    put('blobs', 'gauge', 'blobs stored', ['', blobs]);
    put('blob_bytes', 'gauge', 'bytes of all blobs', ['', sizeBytes]);
    put('messages_total', 'counter', 'messages that got a place in a log since the start', ['', this.messages]);
    put('tasks', 'gauge', 'tasks served', ['', tasks]);
    put('queued_records', 'gauge', 'records that wait for the chain', ['', queued]);
    put('batches_total', 'counter', 'batches posted to the chain', ['', count('batch')]);
    put('records_total', 'counter', 'records posted to the chain', ['', this.records]);
    put(
      'rounds_total',
      'counter',
      'rounds by what became of them',
      ['outcome="opened"', count('opened')],
      ['outcome="settled"', count('settled')],
      ['outcome="void"', count('void')],
    );
    put(
      'chain_calls_total',
      'counter',
      'other calls to the contract',
      ['call="beacon"', count('beacon')],
      ['call="sum"', count('sum')],
      ['call="sync"', count('sync')],
    );
    put('errors_total', 'counter', 'errors while serving tasks', ['', count('error')]);
    put('equivocations_total', 'counter', 'slots with two different signed records', ['', count('equivocation')]);
    put('streams', 'gauge', 'open message streams', ['', this.streams]);
    put('dropped_streams_total', 'counter', 'message streams dropped because their reader was too slow', [
      '',
      this.droppedStreams,
    ]);
    if (gasUsed !== undefined)
      put('gas_used_total', 'counter', 'gas paid by this relay since the start', ['', gasUsed]);
    return `${lines.join('\n')}\n`;
  }
}
