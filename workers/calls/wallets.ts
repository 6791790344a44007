/** Wallets of the page and registrations of wallets of the person's own. */
import { toHex } from '../../src/core/bytes.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { secureRandom } from '../../src/core/random.ts';
import type { WalletsApi } from '../api/wallets.ts';
import { addressOf, registrationCall, requestRegistration } from '../chain.ts';
import { balanceOf, isRegistered, readAuthorisation, revocationCall, revokeWith } from '../chain-lookups.ts';
import type { Context } from '../context.ts';
import { localWallets, makeLocalWallet, requireLocalWalletKey, sessionsOf } from '../keys.ts';
import { askFaucet, networkName } from '../world.ts';

/** Authorisations that are looked up. */
const SHOWN = 100;

export function walletsCalls({ connected }: Context): WalletsApi {
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
    async exportKeystore(wallet, password) {
      const { world, network } = await connected();
      const key = await requireLocalWalletKey(world.vault, networkName(network), wallet);
      const { writeKeystore } = await import('../../src/storage/keystore.ts');
      return writeKeystore(key, wallet, password, { random: secureRandom });
    },
    async takeFromFaucet(wallet) {
      const { world } = await connected();
      await askFaucet(world, wallet);
    },
    async balance(wallet) {
      const { world, network } = await connected();
      return balanceOf(world, network, wallet);
    },
    async isRegistered(task, wallet) {
      const { world, network } = await connected();
      return isRegistered(world, network, task, wallet);
    },
    async authorisations() {
      const { world, network, tasks } = await connected();
      const own = await localWallets(world.vault, networkName(network));
      const sessions = await sessionsOf(world.vault, networkName(network));
      const found = await Promise.all(
        sessions.slice(-SHOWN).map(async ({ task, wallet }) => {
          const known = await readAuthorisation(world, network, task, wallet);
          if (known === undefined) return [];
          // A title is a comfort: the relay may be away, or have forgotten an old task.
          const title = await tasks.spec(network, task).then(
            (spec) => spec.title,
            () => '',
          );
          return [{ task, title, wallet, ...known, local: own.includes(wallet) }];
        }),
      );
      return found.flat();
    },
    async revokeLocally(task, wallet) {
      const { world, network, participation } = await connected();
      const key = await requireLocalWalletKey(world.vault, networkName(network), wallet);
      await revokeWith(world, network, task, key);
      const mine = participation.view().participation;
      if (mine?.task === task && mine.wallet.toLowerCase() === wallet.toLowerCase()) await participation.leave();
    },
    async revocationCall(task) {
      const { network } = await connected();
      return revocationCall(network, task);
    },
  };
}
