/** Wallets of the page and registrations of wallets of the person's own. */
import { toHex } from '../../src/core/bytes.ts';
import { MurmurError } from '../../src/core/errors.ts';
import type { WalletsApi } from '../api/wallets.ts';
import { addressOf, registrationCall, requestRegistration } from '../chain.ts';
import type { Context } from '../context.ts';
import { localWallets, makeLocalWallet, requireLocalWalletKey } from '../keys.ts';
import { networkName } from '../world.ts';

export function walletsCalls({ connected }: Context): WalletsApi {
  const unfinished = () => Promise.reject(new MurmurError('unsupported', 'not built yet'));
  return {
    async localWallets() {
      const { world, network, participation } = await connected();
      const held = await participation.heldElsewhere(network);
      const wallets = await localWallets(world.vault, networkName(network));
      return wallets.map((address) => ({ address, inUse: held.includes(address) }));
    },
    async makeLocalWallet() {
      const { world, network } = await connected();
      if (!network.local) throw new MurmurError('refused', 'a wallet is made in the page on a local network only');
      return makeLocalWallet(world.vault, networkName(network), addressOf);
    },
    async exportLocalWallet(wallet) {
      const { world, network } = await connected();
      return toHex(await requireLocalWalletKey(world.vault, networkName(network), wallet));
    },
    async requestRegistration(task, wallet) {
      const { world, network } = await connected();
      return requestRegistration(world, network, task, wallet);
    },
    async registrationCall(request, signature) {
      const { network } = await connected();
      return registrationCall(network, request, signature);
    },
    balance: unfinished,
    authorisations: unfinished,
    revokeLocally: unfinished,
    revocationCall: unfinished,
  };
}
