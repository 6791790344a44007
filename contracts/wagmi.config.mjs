// Which contracts get a typed ABI in contracts-abi/. scripts/contracts.mjs compiles first, puts forge on PATH and says where to.
import { fileURLToPath } from 'node:url';
import { foundry } from '@wagmi/cli/plugins';

const here = fileURLToPath(new URL('.', import.meta.url));

export default {
  out: process.env.MURMUR_ABI_OUT,
  plugins: [
    foundry({
      project: here,
      artifacts: 'out',
      include: [
        'AllianceCoordinator.json',
        'BeaconBN254.json',
        'Delegation.json',
        'Emission.json',
        'EntryGate.json',
        'Flock.json',
        'GmFlock.json',
        'MurmurGovernor.json',
        'MurmurTimelock.json',
        'Treasury.json',
      ],
      forge: { build: false },
    }),
  ],
};
