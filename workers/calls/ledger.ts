/** The ledger: read, place on chain, export. */
import type { Bytes, Hex } from '../../src/core/bytes.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { type LedgerFileBody, writeLedgerFile } from '../../src/network/ledger-file.ts';
import type { ChainPlace, LedgerApi, LedgerView } from '../api/ledger.ts';
import type { NetworkInfo } from '../api/network.ts';
import { addressOf, signDigest } from '../chain.ts';
import { findRecord, findTransaction } from '../chain-lookups.ts';
import type { Context, Parts } from '../context.ts';
import { browserKey, sessionKeys } from '../keys.ts';
import { clock, type World } from '../world.ts';

export function ledgerCalls({ opened, connected }: Context): LedgerApi {
  return {
    async ledger(query) {
      return (await opened()).ledger.page(query);
    },
    async ledgerPlace(id, signal) {
      const { world, network, ledger } = await connected(signal);
      const entry = await ledger.entry(id);
      if (entry === undefined) throw new MurmurError('not-found', 'this entry is no longer listed');
      return placeOf(world, network, entry, signal);
    },
    async exportLedger() {
      const parts = await opened();
      const { secret, registration } = await signerOf(parts);
      const { kept } = parts.world;
      return writeLedgerFile(
        {
          origin: location.origin,
          exportedAt: new Date(clock.now()).toISOString(),
          entries: (await kept.all()) as LedgerFileBody['entries'],
          totals: [...(await kept.totals())],
          signer: { address: await addressOf(secret), ...(registration && { registration }) },
        },
        (digest) => signDigest(secret, digest),
      );
    },
  };
}

async function placeOf(
  world: World,
  network: NetworkInfo,
  { step, transaction }: LedgerView,
  signal: AbortSignal | undefined,
): Promise<ChainPlace | undefined> {
  if (transaction !== undefined) return findTransaction(world, network, transaction, signal);
  if (step === undefined) return undefined;
  const isHere =
    step.chainId === network.chainId && step.coordinator.toLowerCase() === network.coordinator.toLowerCase();
  if (isHere) return findRecord(world, network, step, signal);
  throw new MurmurError('not-found', 'this was said on another network than the one behind this page now', {
    hint: 'It can be looked up where that network is.',
    details: { chain: step.chainId, contract: step.coordinator, task: step.task, round: step.round },
  });
}

interface Signer {
  readonly secret: Bytes;
  /** where the chain knows the key by */
  readonly registration?: LedgerFileBody['signer']['registration'];
}

/** The session key of what this tab takes part in; else a key that this browser keeps for it. */
async function signerOf({ world, participation }: Parts): Promise<Signer> {
  const mine = participation.view().participation?.id;
  const stored = (await world.participations.all()).find(({ id }) => id === mine);
  if (stored === undefined) return { secret: await browserKey(world.vault) };
  const { network, task, wallet, registrationId } = stored;
  const { secret } = await sessionKeys(world.vault, network, task, wallet);
  const [chainId, coordinator] = network.split('-');
  return { secret, registration: { chainId: Number(chainId), coordinator: coordinator as Hex, task, registrationId } };
}
